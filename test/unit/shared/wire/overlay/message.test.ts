import { expect } from 'chai';
import * as fc from 'fast-check';
import { isClientIp } from '../../../../../shared/address-classes';
import { endpointOf, formatEndpoint } from '../../../../../shared/endpoint';
import { encodeClireq } from '../../../../../shared/wire/overlay/clireq';
import { decode, encode, type Message } from '../../../../../shared/wire/overlay/message';
import { encodeQuery } from '../../../../../shared/wire/overlay/query';
import { encodeResponse } from '../../../../../shared/wire/overlay/response';
import { WireError } from '../../../../../shared/wire/wire-error';
import { DATAGRAM_MAX } from '../../../../../shared/wire/writer';
import { at, hex, latin1, toHex } from '../../../../support/bytes';
import { type Golden, golden, malformed } from '../../../../support/fixtures';

const CLIENT = at('10.0.0.1:40000');
const NONE = new Uint8Array(0);

describe('the wire', () => {
  describe('golden datagrams', () => {
    for (const { name, hex: datagram, message } of golden) {
      it(name, () => {
        const decoded = decode(hex(datagram));
        expect(asInFixture(decoded)).to.deep.equal(message);
        expect(toHex(encode(decoded))).to.equal(datagram);
      });
    }

    it('name every message type', () => {
      expect(new Set(golden.map(({ message }) => message.type))).to.have.keys('CLIREQ', 'QUERY', 'RESPONSE');
    });
  });

  describe('malformed datagrams', () => {
    for (const { name, hex: datagram, code, offset } of malformed) {
      it(`${name}: ${code} at byte ${offset}`, () => {
        const error = faultOf(hex(datagram));
        expect(error).to.include({ code, offset, name: 'WireError' });
        expect(error?.message).to.include(`(at byte ${offset})`);
      });
    }
  });

  it('every shorter prefix of a golden datagram is short or empty within its header, and the same message with less text behind it', () => {
    for (const { name, hex: datagram, message } of golden) {
      const whole = hex(datagram);
      const header = message.type === 'QUERY' ? 14 : 2;
      for (let length = 0; length < whole.length; length++) {
        const prefix = whole.subarray(0, length);
        const error = faultOf(prefix);
        const expected =
          length < header
            ? { code: 'short', offset: length }
            : length === header
              ? { code: 'empty-key', offset: header }
              : undefined;
        const where = `${name}, ${length} bytes`;
        if (expected) {
          expect(error, where).to.include(expected);
        } else {
          expect(error, where).to.equal(undefined);
          const decoded = decode(prefix);
          expect(toHex(encode(decoded)), where).to.equal(toHex(prefix));
          if (message.type === 'QUERY') {
            expect(asInFixture(decoded), where).to.include({
              ttl: message.ttl,
              client: message.client,
              sequence: message.sequence,
            });
          }
          if (message.type !== 'RESPONSE')
            expect(message.key.startsWith(toHex((decoded as { key: Uint8Array }).key)), where).to.equal(true);
        }
      }
    }
  });

  describe('the longest texts', () => {
    const text = (length: number) => new Uint8Array(length).fill(0x61);

    it('a CLIREQ carries 65,505 bytes of text, and not one more', () => {
      const datagram = encodeClireq({ text: text(65_505) });
      expect(datagram).to.have.length(65_507);
      expect(decode(datagram)).to.deep.include({ type: 'CLIREQ', key: text(65_505) });
      expect(codeOf(() => encodeClireq({ text: text(65_506) }))).to.equal('too-long');
    });

    it('a QUERY carries 65,493 bytes of text, and not one more', () => {
      const query = { ttl: 3, client: CLIENT, sequence: 0 };
      const datagram = encodeQuery({ ...query, text: text(65_493) });
      expect(datagram).to.have.length(65_507);
      expect(decode(datagram)).to.deep.include({ type: 'QUERY', key: text(65_493) });
      expect(codeOf(() => encodeQuery({ ...query, text: text(65_494) }))).to.equal('too-long');
    });

    it('a RESPONSE carries 65,505 bytes of key, TAB, value and tail, and not one more', () => {
      const datagram = encodeResponse({ key: text(3), value: text(65_501), tail: NONE });
      expect(datagram).to.have.length(DATAGRAM_MAX);
      expect(decode(datagram)).to.deep.include({ key: text(3), value: text(65_501) });
      expect(codeOf(() => encodeResponse({ key: text(3), value: text(65_502), tail: NONE }))).to.equal('too-long');
      expect(codeOf(() => encodeResponse({ key: text(3), value: text(65_501), tail: hex('00') }))).to.equal('too-long');
      expect(encodeResponse({ key: undefined, value: text(65_505), tail: NONE })).to.have.length(65_507);
    });

    it('too long says what was expected and what came', () => {
      expect(() => encodeClireq({ text: text(70_000) })).to.throw(
        WireError,
        /at most 65507 bytes, the message has 70002/,
      );
    });
  });

  describe('what cannot be encoded', () => {
    const query = { ttl: 3, client: CLIENT, sequence: 0, text: latin1('ssh') };

    it('an empty key', () => {
      expect(codeOf(() => encodeClireq({ text: NONE }))).to.equal('empty-key');
      expect(codeOf(() => encodeClireq({ text: latin1('\0ssh') }))).to.equal('empty-key');
      expect(codeOf(() => encodeQuery({ ...query, text: NONE }))).to.equal('empty-key');
      expect(codeOf(() => encodeResponse({ key: NONE, value: latin1('v'), tail: NONE }))).to.equal('empty-key');
      expect(codeOf(() => encodeResponse({ key: undefined, value: NONE, tail: NONE }))).to.equal('empty-key');
    });

    it('a client that cannot be answered', () => {
      expect(codeOf(() => encodeQuery({ ...query, client: at('224.0.0.1:1') }))).to.equal('client-address');
      expect(codeOf(() => encodeQuery({ ...query, client: at('10.0.0.1:0') }))).to.equal('client-port');
    });

    it('a TAB or NUL where the receiver would end the text', () => {
      const response = { key: latin1('k'), value: latin1('v'), tail: NONE };
      for (const wrong of [
        { key: latin1('k\tk') },
        { key: latin1('k\0') },
        { value: latin1('v\0') },
        { key: undefined, value: latin1('v\tv') },
        { key: undefined, value: latin1('v\0') },
        { tail: latin1('x') },
      ]) {
        expect(codeOf(() => encodeResponse({ ...response, ...wrong }))).to.equal('reserved-byte');
      }
    });

    it('a ttl or sequence out of range is our own mistake, not the peer’s', () => {
      for (const wrong of [
        { ttl: -1 },
        { ttl: 65_536 },
        { ttl: 1.5 },
        { sequence: -1 },
        { sequence: 2 ** 32 },
        { sequence: 0.5 },
      ]) {
        expect(() => encodeQuery({ ...query, ...wrong }))
          .to.throw(Error)
          .with.property('name', 'AssertionError');
      }
    });
  });

  describe('properties', () => {
    it('decode of any bytes gives a message or a WireError, nothing else', () => {
      fc.assert(
        fc.property(anyDatagram, (datagram) => {
          const before = toHex(datagram);
          const error = faultOf(datagram);
          expect(toHex(datagram)).to.equal(before);
          if (error) expect(error.offset).to.be.within(0, datagram.length);
        }),
        { numRuns: 20_000 },
      );
    });

    it('a datagram that decodes is what its message encodes to', () => {
      fc.assert(
        fc.property(anyDatagram, (datagram) => {
          if (!faultOf(datagram)) expect(toHex(encode(decode(datagram)))).to.equal(toHex(datagram));
        }),
        { numRuns: 20_000 },
      );
    });

    it('encode then decode is the identity', () => {
      fc.assert(
        fc.property(anyMessage, (message) => {
          expect(decode(encode(message))).to.deep.equal(message);
        }),
        { numRuns: 5_000 },
      );
    });
  });
});

/** The WireError of a datagram, or undefined for a message; fails for anything else. */
function faultOf(datagram: Uint8Array): WireError | undefined {
  try {
    expect(decode(datagram).type).to.be.oneOf(['CLIREQ', 'QUERY', 'RESPONSE']);
    return undefined;
  } catch (error) {
    expect(error).to.be.instanceOf(WireError);
    return error as WireError;
  }
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).to.be.instanceOf(WireError);
    return (error as WireError).code;
  }
  throw new Error('expected a WireError, nothing was thrown');
}

function asInFixture(message: Message): Golden['message'] {
  switch (message.type) {
    case 'CLIREQ':
      return { type: 'CLIREQ', text: toHex(message.text), key: toHex(message.key) };
    case 'QUERY': {
      const { ttl, sequence } = message;
      const client = formatEndpoint(message.client);
      return { type: 'QUERY', ttl, client, sequence, text: toHex(message.text), key: toHex(message.key) };
    }
    case 'RESPONSE': {
      const key = message.key ? toHex(message.key) : null;
      return { type: 'RESPONSE', key, value: toHex(message.value), nul: message.tail.length > 0 };
    }
  }
}

const bytes = (constraints?: fc.IntArrayConstraints) => fc.uint8Array(constraints);

/** Bytes with the types and the bytes that matter over-represented. */
const anyDatagram = fc.oneof(
  bytes({ maxLength: 40 }),
  fc
    .tuple(
      fc.integer({ min: 0, max: 4 }),
      fc.array(fc.oneof(fc.constantFrom(0, 9, 97, 127, 224, 255), fc.nat(255)), { maxLength: 30 }),
    )
    .map(([type, rest]) => Uint8Array.of(0, type, ...rest)),
);

const without = (...reserved: number[]) =>
  bytes({ minLength: 1, maxLength: 60 }).map((raw) => raw.map((byte) => (reserved.includes(byte) ? 0x2e : byte)));

const tail = bytes({ maxLength: 8 }).map((raw) => (raw.length === 0 ? raw : Uint8Array.of(0, ...raw.subarray(1))));

const keyAndText = fc.tuple(without(0), tail).map(([key, behind]) => ({ key, text: Uint8Array.of(...key, ...behind) }));

const client = fc
  .tuple(fc.nat(0xffff_ffff).filter(isClientIp), fc.integer({ min: 1, max: 65_535 }))
  .map(([ip, port]) => endpointOf(ip, port));

const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  keyAndText.map((text): Message => ({ type: 'CLIREQ', ...text })),
  fc
    .record({ ttl: fc.nat(65_535), client, sequence: fc.nat(0xffff_ffff), text: keyAndText })
    .map(({ text, ...fields }): Message => ({ type: 'QUERY', ...fields, ...text })),
  fc
    .record({ key: without(0, 9), value: fc.oneof(without(0), fc.constant(NONE)), tail })
    .map((fields): Message => ({ type: 'RESPONSE', ...fields })),
  fc.record({ value: without(0, 9), tail }).map((fields): Message => ({ type: 'RESPONSE', key: undefined, ...fields })),
);
