/**
 * What fuzzing aims at: a fresh servent that hears a few datagrams in a row. An input is bytes: of each datagram its length, its
 * sender, the milliseconds before it, then itself. Checks what must hold, and names the outcomes for those who look for new ones.
 */

import { ServentCore } from '../../../servent/core';
import { DEFENCE_DEFAULTS } from '../../../servent/defence-settings';
import { ObservedServent } from '../../../servent/observed-servent';
import type { DropReason, Outbox } from '../../../servent/outbox';
import { decode, encode, type Message } from '../../../shared/wire/overlay/message';
import { WireError } from '../../../shared/wire/wire-error';
import { at } from '../../support/bytes';
import { pairsOf } from '../../support/servent/test-servent';

/** Length (two bytes), sender, milliseconds. */
export const RECORD_HEADER = 4;

const SENDERS = [
  '10.0.0.1:5000',
  '10.0.0.2:5000',
  '203.0.113.7:40000',
  '127.0.0.1:40000',
  '10.0.0.9:0',
  '0.0.0.0:1',
].map(at);
const PAIRS = pairsOf(`ssh 22/tcp\ntcpmux ${'1/tcp'.padEnd(40, '.')}\n\xff \x80\t#`);
/** So low that a few datagrams meet them. */
const LIMITS = {
  questions: { perSecond: 10, burst: 3 },
  answers: { perSecond: 10, burst: 2 },
  bytes: { perSecond: 100, burst: 60 },
};

/** Runs one input on a servent of its own. Gives the outcomes, in order. @throws what must never happen */
export function runInput(input: Uint8Array): string[] {
  const core = new ServentCore({
    pairs: PAIRS,
    neighbours: [
      { endpoint: SENDERS[0]!, ownIp: 0x0a000063 },
      { endpoint: SENDERS[1]!, ownIp: undefined },
    ],
    defences: {
      ...DEFENCE_DEFAULTS,
      publicLimits: LIMITS,
      privateLimits: LIMITS,
      strangers: { perSecond: 5, burst: 2 },
    },
    literal: false,
    seenMax: 12,
    seenAgeMs: 400,
    firstSequence: 0xffff_fffe,
    hashKey: [1, 2],
  });
  const outcomes: string[] = [];
  let nowMs = 0;
  for (let offset = 0; offset + RECORD_HEADER <= input.length; ) {
    const length = input[offset]! * 256 + input[offset + 1]!;
    const from = SENDERS[input[offset + 2]! % SENDERS.length]!;
    nowMs += input[offset + 3]!;
    // A copy: the core changes what it hears, and a Buffer's slice would share its memory.
    const datagram = Uint8Array.from(input.subarray(offset + RECORD_HEADER, offset + RECORD_HEADER + length));
    outcomes.push(hear(core, datagram, from, nowMs));
    offset += RECORD_HEADER + length;
  }
  return outcomes;
}

function hear(core: ServentCore, datagram: Uint8Array, from: number, nowMs: number): string {
  const message = decoded(datagram);
  let drop: DropReason | undefined;
  const sent: Message['type'][] = [];
  const out: Outbox = {
    answer: (response) => {
      sent.push(decode(response).type);
      check(sent.at(-1) === 'RESPONSE', 'an answer is a RESPONSE');
    },
    forward: (query, neighbours, except) => {
      const { type } = decode(query);
      check(type === 'QUERY', 'a forward is a QUERY');
      for (const neighbour of neighbours) if (neighbour !== except) sent.push(type);
    },
    drop: (reason) => {
      check(drop === undefined && sent.length === 0, 'a drop is the only effect');
      drop = reason;
    },
    notice: () => {},
  };
  new ObservedServent(core, []).receive(datagram, from, nowMs, out);
  check((drop === undefined) === sent.length > 0, 'a datagram has one outcome');
  check(!sent.includes('CLIREQ'), 'a servent asks nobody');
  if (typeof message === 'string') check(drop === message, `a malformed datagram is dropped as ${message}`);
  else if (message.type === 'RESPONSE') check(drop === 'response', 'a RESPONSE has no effect');
  return `${typeof message === 'string' ? 'malformed' : message.type}: ${drop ?? sent.join()}`;
}

/** The message, whose encoding must be the datagram; or why there is none. */
function decoded(datagram: Uint8Array): Message | string {
  try {
    const message = decode(datagram);
    check(Buffer.compare(encode(message), datagram) === 0, 'a message is encoded as it came');
    return message;
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
}

function check(holds: boolean, rule: string): void {
  if (!holds) throw new Error(rule);
}
