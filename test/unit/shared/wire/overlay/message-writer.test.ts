import { expect } from 'chai';
import { endpointOf } from '../../../../../shared/endpoint';
import { encode, type Message } from '../../../../../shared/wire/overlay/message';
import { MessageWriter, putClientIp, putTtl } from '../../../../../shared/wire/overlay/message-writer';
import { encodeQuery } from '../../../../../shared/wire/overlay/query';
import { beforeNul } from '../../../../../shared/wire/overlay/text';
import { latin1, toHex } from '../../../../support/bytes';
import { type Draws, seeded } from '../../../../support/seeded';

/** Messages written for every commit; `MESSAGES=<count>` writes more. */
const MESSAGES = Number(process.env['MESSAGES'] ?? 1_000_000);
/** One text of so many is of any length up to the longest. */
const LONG_ONE_OF = 5000;
const QUERY_TEXT_MAX = 65_493;
const PAIR_MAX = 65_504;

describe('MessageWriter, the fast twin of encode', () => {
  const writer = new MessageWriter();

  it(
    `writes ${MESSAGES.toLocaleString('en')} QUERYs and RESPONSEs as encode does`,
    seeded((random) => {
      // What a text stands in: the writer must take that part of it and no more.
      const memory = Uint8Array.from({ length: 70_000 }, () => 1 + random.below(255));
      for (let i = 0; i < MESSAGES; i++) {
        if (random.below(2) === 0) expectQuery(writer, memory, random);
        else expectResponse(writer, memory, random);
      }
    }),
  ).timeout(120_000 + MESSAGES / 10);

  it('writes the longest messages there are, and each length up to where views are no longer kept', () => {
    const memory = new Uint8Array(70_000).fill(0x61);
    for (const length of [...Array.from({ length: 600 }, (_, i) => i + 1), QUERY_TEXT_MAX]) {
      const query = { ttl: 3, client: endpointOf(0x0a00_0001, 9), sequence: 7, text: memory.subarray(0, length) };
      expectSame(writer.query(3, query.client, 7, memory, 5, 5 + length), encodeQuery(query));
    }
  });

  it('ends a RESPONSE with a NUL where one fits', () => {
    const memory = new Uint8Array(PAIR_MAX + 1).fill(0x61);
    memory[1] = 9;
    for (const [length, nuls] of [
      [3, 1],
      [127, 1],
      [128, 1],
      [PAIR_MAX, 1],
      [PAIR_MAX + 1, 0],
    ] as const) {
      const message = { key: memory.subarray(0, 1), value: memory.subarray(2, length), tail: new Uint8Array(nuls) };
      expectSame(writer.response(memory.subarray(0, length), 0, true), encode({ type: 'RESPONSE', ...message }));
    }
  });

  it('changes ttl and client address in place, and nothing else', () => {
    const fields = { client: endpointOf(0x0a00_0001, 9), sequence: 7, text: latin1('ssh') };
    const query = encodeQuery({ ...fields, ttl: 3 });
    putTtl(query, 0x1234);
    putClientIp(query, 0xc0a8_0705);
    expectSame(query, encodeQuery({ ...fields, ttl: 0x1234, client: endpointOf(0xc0a8_0705, 9) }));
  });

  it('lends its memory until the next message', () => {
    const first = writer.response(latin1('x\ta\na\tb\nc\td'), 4, false);
    expect(toHex(first)).to.equal('0003610962');
    writer.response(latin1('c\td'), 0, true);
    expect(toHex(first)).to.equal('0003630964');
  });
});

function expectQuery(writer: MessageWriter, memory: Uint8Array, random: Draws): void {
  const length = lengthOf(random, QUERY_TEXT_MAX);
  const start = random.below(memory.length - length);
  const ttl = random.below(65_536);
  const client = endpointOf(0x0100_0000 + random.below(0x7f00_0000), 1 + random.below(65_535));
  const sequence = random.bits() >>> 0;
  const text = memory.subarray(start, start + length);
  expectSame(
    writer.query(ttl, client, sequence, memory, start, start + length),
    encode({ type: 'QUERY', ttl, client, sequence, text, key: beforeNul(text) }),
  );
}

function expectResponse(writer: MessageWriter, memory: Uint8Array, random: Draws): void {
  const keyLength = 1 + random.below(30);
  const valueLength = lengthOf(random, PAIR_MAX - keyLength - 1);
  const pairLength = keyLength + 1 + valueLength;
  const start = random.below(memory.length - pairLength);
  // No pair holds a LF, and no key a TAB.
  const pair = memory
    .slice(start, start + pairLength)
    .map((byte, i) => (byte === 10 || (byte === 9 && i < keyLength) ? 11 : byte));
  pair[keyLength] = 9;
  const message: Message = {
    type: 'RESPONSE',
    key: pair.subarray(0, keyLength),
    value: pair.subarray(keyLength + 1),
    tail: random.below(2) === 0 ? Uint8Array.of(0) : new Uint8Array(0),
  };
  const before = memory.subarray(0, random.below(9));
  const after = random.below(2) === 0 ? latin1('\nother\tpair\n') : latin1('');
  const run = Buffer.concat([before, pair, after]);
  expectSame(writer.response(run, before.length, message.tail.length > 0), encode(message));
}

function lengthOf(random: Draws, max: number): number {
  return random.below(LONG_ONE_OF) === 0 ? 1 + random.below(max) : 1 + random.below(40);
}

/** A plain comparison, for `expect` would take longer than what it looks at. */
function expectSame(written: Uint8Array, encoded: Uint8Array): void {
  if (Buffer.compare(written, encoded) === 0) return;
  expect.fail(`MessageWriter writes ${toHex(written)}, encode ${toHex(encoded)}`);
}
