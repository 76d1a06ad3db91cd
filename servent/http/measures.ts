/** What a servent measures, by Prometheus' conventions. Every value of a label is there from the start, but for error names. */

import type { Measure } from '../../shared/http/metrics';
import { DEFENCE_REASONS } from '../defences';
import type { ServentStatus } from '../status';

const NONE_LIMITED = Object.fromEntries(DEFENCE_REASONS.map((reason) => [reason, 0]));

export const MEASURES: readonly Measure<ServentStatus>[] = [
  {
    name: 'servent_datagrams_received_total',
    help: 'Datagrams received, by type; each is handled or dropped',
    label: 'type',
    read: ({ received }) => received,
  },
  {
    name: 'servent_datagrams_handled_total',
    help: 'Datagrams that were answered, forwarded, or both',
    label: 'effect',
    read: ({ handled }) => handled,
  },
  {
    name: 'servent_datagrams_dropped_total',
    help: 'Datagrams that had no effect, by reason',
    label: 'reason',
    read: ({ dropped }) => dropped,
  },
  {
    name: 'servent_datagrams_limited_total',
    help: 'With --dry-run: datagrams that the limits would have dropped, by reason',
    label: 'reason',
    read: ({ wouldDrop }) => ({ ...NONE_LIMITED, ...wouldDrop }),
  },
  {
    name: 'servent_kernel_drops_total',
    help: 'Datagrams the kernel threw away because the receive buffer was full, where it tells',
    read: ({ kernelDrops }) => kernelDrops ?? undefined,
  },
  { name: 'servent_responses_sent_total', help: 'RESPONSEs sent', read: ({ answers }) => answers },
  { name: 'servent_queries_sent_total', help: 'QUERYs sent, one a neighbour', read: ({ queries }) => queries },
  {
    name: 'servent_send_errors_total',
    help: 'Datagrams the system refused to send, by its name for why; a name appears with the first',
    label: 'code',
    read: ({ sendErrors }) => sendErrors,
  },
  { name: 'servent_keys', help: 'Keys held', read: ({ keys }) => keys },
  {
    name: 'servent_file_problems',
    help: 'Lines of the key-value file that are no pair, or one that nobody can ask for',
    read: ({ file }) => file.problems,
  },
  {
    name: 'servent_file_stale',
    help: '1 where the latest reload failed, and the pairs of before stay',
    read: ({ file }) => Number(file.stale),
  },
  {
    name: 'servent_file_loaded_timestamp_seconds',
    help: 'When the pairs held were loaded, seconds of Unix time',
    read: ({ file }) => file.loadedAtMs / 1000,
  },
  { name: 'servent_neighbours', help: 'Neighbours to flood to', read: ({ neighbours }) => neighbours.length },
  { name: 'servent_seen_queries', help: 'Queries remembered as seen', read: ({ seen }) => seen },
  { name: 'servent_seen_queries_limit', help: 'Most queries remembered as seen', read: ({ seenMax }) => seenMax },
];
