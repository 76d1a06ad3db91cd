/** Watches the clients of a world: how often they ask, what they show, when they end; and what becomes of datagrams on their way. */

import { ANSWER_WAIT_MS } from '../../../../client/core';
import type { Endpoint } from '../../../../shared/endpoint';
import { decode } from '../../../../shared/wire/overlay/message';
import type { OverlayObserver } from '../../../../topologies/simulated/observer';
import { demand, type Tally } from './states';

interface Watched {
  asked: number;
  /** When it last asked or heard an answer. */
  lastMs: number;
  shown: Set<string>;
}

/** Observes a network whose servents' outcomes are supervised elsewhere. */
export function superviseClients(tally: Tally): Partial<OverlayObserver> {
  /** Bounded by the questions that are open. */
  const watched = new Map<Endpoint, Watched>();
  const of = (endpoint: Endpoint): Watched => {
    let found = watched.get(endpoint);
    if (!found) watched.set(endpoint, (found = { asked: 0, lastMs: 0, shown: new Set() }));
    return found;
  };
  return {
    asked(question, _clireq, nowMs) {
      const client = of(question.endpoint);
      client.asked++;
      client.lastMs = nowMs;
      demand(client.asked <= 2, 'a client asks at most twice');
      if (client.asked === 2) tally.met('a retransmission happened');
    },
    shown(question, answer, nowMs) {
      const client = of(question.endpoint);
      client.lastMs = nowMs;
      const id = `${answer.from} ${Buffer.from(answer.value).toString('latin1')}`;
      demand(!client.shown.has(id), 'an answer is shown once');
      client.shown.add(id);
    },
    discarded(question, reason, nowMs) {
      if (reason === 'repeated') {
        of(question.endpoint).lastMs = nowMs;
        tally.met('an answer was shown once though it came twice');
      } else if (reason === 'other-key') {
        tally.met('a client heard an answer to another key');
      } else if (reason === 'not-a-response') {
        tally.met('a client heard what is no RESPONSE');
      } else {
        tally.met('a client heard what is no message');
      }
    },
    ended(question, summary, nowMs) {
      const client = of(question.endpoint);
      demand(nowMs === client.lastMs + ANSWER_WAIT_MS, 'a question ends 4 s after the last that it heard');
      demand(summary.asked === client.asked, 'the summary says how often it asked');
      demand(summary.asked === 1 || summary.ms >= 2 * ANSWER_WAIT_MS, 'it asks again only after 4 s without an answer');
      demand(summary.answers === client.shown.size, 'the summary says how many answers were shown');
      watched.delete(question.endpoint);
    },
    lost(reason, datagram) {
      if (reason === 'buffer') tally.met('a buffer overflowed');
      else if (reason === 'path') tally.met('a datagram was lost on its way');
      else if (reason === 'closed' && isResponse(datagram)) tally.met('an answer came when its question had ended');
    },
  };
}

function isResponse(datagram: Uint8Array): boolean {
  try {
    return decode(datagram).type === 'RESPONSE';
  } catch {
    return false;
  }
}
