import { expect } from 'chai';
import { CLIREQ } from '../../../../../shared/wire/overlay/clireq';
import { Header } from '../../../../../shared/wire/overlay/header';
import { decode, type Message } from '../../../../../shared/wire/overlay/message';
import { QUERY } from '../../../../../shared/wire/overlay/query';
import { RESPONSE } from '../../../../../shared/wire/overlay/response';
import { beforeNul } from '../../../../../shared/wire/overlay/text';
import type { WireErrorCode } from '../../../../../shared/wire/wire-error';
import { hex, toHex } from '../../../../support/bytes';
import { golden, malformed } from '../../../../support/fixtures';
import { datagramMaker, seeded } from '../../../../support/seeded';

const TYPES = { CLIREQ, QUERY, RESPONSE };

describe('Header.read, the fast twin of decode', () => {
  const header = new Header();
  let stackTraceLimit: number;

  // A stack for each of a million expected errors is what would take the time.
  before(() => {
    stackTraceLimit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
  });
  after(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  it('agrees on every fixture', () => {
    for (const entry of [...golden, ...malformed]) expectAgreement(header, hex(entry.hex));
  });

  it(
    'agrees on two million random and mutated datagrams',
    seeded((random) => {
      const make = datagramMaker(random);
      for (let i = 0; i < 2_000_000; i++) expectAgreement(header, make());
    }),
  ).timeout(60_000);

  it('agrees on every type at every length of 0 to 20', () => {
    for (let type = 0; type < 65_536; type++) {
      const datagram = hex('0000 0003 0a000001 9c40 00000001 737368000909');
      datagram[0] = type >>> 8;
      datagram[1] = type;
      const lengths = type < 6 ? range(0, 20) : [2, 3, 14, 20];
      for (const length of lengths) expectAgreement(header, datagram.subarray(0, length));
    }
  });

  it('agrees on every ttl', () => {
    for (let ttl = 0; ttl < 65_536; ttl++) expectAgreement(header, query({ ttl }));
  });

  it('agrees on every client port', () => {
    for (let port = 0; port < 65_536; port++) expectAgreement(header, query({ port }));
  });

  it('agrees on the ends and the middle of every client /8', () => {
    for (let first = 0; first < 256; first++) {
      for (const rest of [0, 1, 0x800000, 0xfffffe, 0xffffff])
        expectAgreement(header, query({ ip: first * 2 ** 24 + rest }));
    }
  });

  it('agrees on every sequence of one bit, and on every byte as the text', () => {
    for (let bit = 0; bit < 32; bit++) expectAgreement(header, query({ sequence: (1 << bit) >>> 0 }));
    for (const start of ['0001', '00020003 0a0000019c4000000001', '0003']) {
      for (let byte = 0; byte < 256; byte++) expectAgreement(header, Uint8Array.of(...hex(start), byte));
    }
  });

  it('knows the type of a RESPONSE and of an unknown type, and 0 where there is none', () => {
    expect([header.read(hex('000361')), header.type]).to.deep.equal([undefined, 3]);
    expect([header.read(hex('beef')), header.type]).to.deep.equal(['unknown-type', 0xbeef]);
    expect([header.read(hex('01')), header.type]).to.deep.equal(['short', 0]);
  });
});

/** Plain comparisons, for `expect` would take longer than what it looks at. */
function expectAgreement(header: Header, datagram: Uint8Array): void {
  let message: Message | undefined;
  let code: WireErrorCode | undefined;
  try {
    message = decode(datagram);
  } catch (error) {
    code = (error as { code: WireErrorCode }).code;
    if (code === undefined) throw error;
  }
  const read = header.read(datagram);
  if (read !== code) throw new Error(`decode says ${code}, Header.read ${read} of ${toHex(datagram)}`);
  if (!message) return;
  const key = message.type === 'RESPONSE' ? beforeNul(datagram.subarray(2)) : message.key;
  const agreed =
    header.type === TYPES[message.type] &&
    header.textAt === key.byteOffset - datagram.byteOffset &&
    header.keyEnd === header.textAt + key.length &&
    (message.type !== 'QUERY' ||
      (header.ttl === message.ttl && header.client === message.client && header.sequence === message.sequence));
  if (!agreed) throw new Error(`decode and Header.read differ in a field of ${toHex(datagram)}`);
}

/** A QUERY for `a`, whatever its fields. */
function query({ ttl = 3, ip = 0x0a000001, port = 40_000, sequence = 1 }): Uint8Array {
  const bytes = Buffer.alloc(15, 'a');
  bytes.writeUInt16BE(2, 0);
  bytes.writeUInt16BE(ttl, 2);
  bytes.writeUInt32BE(ip, 4);
  bytes.writeUInt16BE(port, 8);
  bytes.writeUInt32BE(sequence, 10);
  return bytes;
}

function range(low: number, high: number): number[] {
  return Array.from({ length: high - low + 1 }, (_, i) => low + i);
}
