/** What somebody may say to a replica who is none: what is no message, and messages at the wrong time and with wild numbers. */

import type { Random } from '../../../../simulator/random';
import type { Configuration } from '../../../../store/coordination/coordination';
import { START } from '../../../../store/entry';

export function hostileMessage(random: Random, record: Configuration | undefined): unknown {
  const epoch = [0, 1, record?.epoch ?? 1, (record?.epoch ?? 1) + 1, Number.MAX_SAFE_INTEGER][random.below(5)]!;
  const index = [0, 1, 5, 1e9][random.below(4)]!;
  const member = record?.inSync[random.below(record.inSync.length)] ?? { id: 'x', address: 'r9:1' };
  const stranger = { id: 'hostile', address: 'r77:1' };
  const configuration = { version: 1e6, epoch, leader: 'hostile', inSync: [stranger] };
  const said: unknown[] = [
    undefined,
    null,
    7,
    'join',
    [],
    {},
    { type: 'unknown', epoch },
    { type: 'toString', epoch },
    { type: 'append', epoch },
    { type: 'append', epoch, lines: [7], committed: index, round: 1 },
    { type: 'join', epoch: -1, member, ends: [] },
    { type: 'join', epoch: 0, member: stranger, ends: [{ epoch: 0, last: 0 }] },
    { type: 'join', epoch, member, ends: [{ epoch, last: index }] },
    { type: 'lead', epoch, configuration, after: index },
    { type: 'append', epoch, lines: ['{}'], committed: index, round: 1e9 },
    { type: 'changed', epoch, configuration },
    { type: 'ack', epoch, index, sum: START.sum, round: 1e9 },
    { type: 'snapshot', epoch, configuration, position: START, hash: '' },
    { type: 'lines', epoch, lines: ['[]'], last: true },
    { type: 'taken', epoch },
    { type: 'stale', epoch },
    { type: 'elsewhere', epoch, leader: 'r77:1' },
    { type: 'differs', epoch, index },
  ];
  return said[random.below(said.length)];
}
