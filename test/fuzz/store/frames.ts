/**
 * Mutated, cut and joined frames through the whole document dialect, down to real documents in memory: nothing is thrown, each
 * request that came whole has one reply that fits a frame, what is none ends its connection, and memory does not grow.
 */

import { strict as assert } from 'node:assert';
import { DOCUMENT_FRAMES, type Reply } from '../../../shared/wire/documents';
import { encodeFrame } from '../../../shared/wire/frame';
import { encodeJson, type Json } from '../../../shared/wire/json';
import { DocumentsConnection } from '../../../store/dialects/documents';
import type { Draws } from '../../support/seeded';
import { FakeConnection } from '../../support/store/fake-connection';
import { MemoryReplica } from '../../support/store/memory-replica';

const REQUESTS: readonly Json[] = [
  ['create', 'users', { '*email': 'str', name: 'str', '*age': 'int', '...': 'any' }],
  ['insert', 'users', { _id: 'a', email: 'a', age: 1, deep: [[[{ x: null }]]] }],
  ['insert', 'users', { email: 'b', age: -0.5e3 }, { request: '11111111-2222-3333-4444-555555555555' }],
  ['search', 'users', { age: { '>': 0, '<': 20 } }, { limit: 3, after: 'a', atLeast: 1 }],
  ['search', 'users', {}],
  ['update', 'users', { email: 'a' }, { name: '\u2028"\\' }],
  ['delete', 'users', { age: { '!=': 7 } }],
  ['describe', 'users'],
  ['destroy', 'users'],
  ['status'],
  ['replica', 1],
  [],
  { no: 'list' },
];
const FRAMES = REQUESTS.map((request) => Buffer.from(encodeFrame(encodeJson(request), DOCUMENT_FRAMES)));
/** Frames of one connection, at most. */
const FRAMES_MAX = 8;
/** A new store every so many connections: what stays in one is no leak. */
const CONNECTIONS_A_STORE = 500;

export interface Tally {
  frames: number;
  connections: number;
  ok: number;
  ko: number;
  /** Connections that ended for what they sent, and those handed over as a replica's. */
  ended: number;
  greeted: number;
}

/** Sends so many frames. @throws whatever the dialect throws, or AssertionError */
export async function sendFrames(count: number, draws: Draws): Promise<Tally> {
  const tally: Tally = { frames: 0, connections: 0, ok: 0, ko: 0, ended: 0, greeted: 0 };
  let replica = new MemoryReplica();
  while (tally.frames < count) {
    if (tally.connections++ % CONNECTIONS_A_STORE === 0) replica = new MemoryReplica();
    await sendOne(replica, draws, tally);
  }
  return tally;
}

async function sendOne(replica: MemoryReplica, draws: Draws, tally: Tally): Promise<void> {
  const connection = new FakeConnection();
  let greeted = false;
  const client = new DocumentsConnection(connection, {
    replica,
    newId: () => `drawn ${draws.below(50)}`,
    greeted: () => void (greeted = true),
  });
  const frames = Array.from({ length: 1 + draws.below(FRAMES_MAX) }, () => mutated(draws));
  tally.frames += frames.length;
  const stream = Buffer.concat(frames);
  for (let at = 0; at < stream.length; ) {
    const length = draws.below(4) === 0 ? 1 + draws.below(5) : 1 + draws.below(stream.length);
    client.received(stream.subarray(at, at + length));
    at += length;
  }
  client.ended();
  // Everything here is done in promises alone: they are through when the loop turns.
  await new Promise((done) => setImmediate(done));
  const replies: Reply[] = connection.replies();
  assert(greeted || connection.state === 'ended', 'a connection whose other side has ended stays open');
  assert(replies.length <= stream.length / DOCUMENT_FRAMES.lengthBytes, 'there are more replies than requests');
  for (const [word, content] of replies) {
    assert(word === 'ok' || (word === 'ko' && typeof content === 'string' && content !== ''), `a reply is ${word}`);
    tally[word]++;
  }
  if (greeted) tally.greeted++;
  else tally.ended++;
}

/** A frame as it should be, or with bits, bytes, its length or its end changed. */
function mutated(draws: Draws): Buffer {
  const frame = Buffer.from(draws.pick(FRAMES));
  switch (draws.below(8)) {
    case 0:
      frame[draws.below(frame.length)]! ^= 1 << draws.below(8);
      return frame;
    case 1:
      frame[draws.below(frame.length)] = draws.pick([0, 0x22, 0x2d, 0x5b, 0x5d, 0x7b, 0x7d, 0x80, 0xff]);
      return frame;
    case 2:
      frame.writeUInt16BE(draws.below(2 * frame.length), 0);
      return frame;
    case 3:
      return frame.subarray(0, draws.below(frame.length));
    case 4: {
      // A part once more, with the length that fits.
      const part = frame.subarray(2 + draws.below(frame.length - 2));
      return Buffer.from(encodeFrame(Buffer.concat([frame.subarray(2), part]), DOCUMENT_FRAMES));
    }
    default:
      return frame;
  }
}
