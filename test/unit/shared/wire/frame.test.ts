import { expect } from 'chai';
import * as fc from 'fast-check';
import { encodeFrame, FrameDecoder, type FrameFormat } from '../../../../shared/wire/frame';
import { hex, toHex } from '../../../support/bytes';

const SHORT: FrameFormat = { lengthBytes: 2, payloadMax: 65_535 };
const LONG: FrameFormat = { lengthBytes: 4, payloadMax: 100_000 };

/** All frames of a stream, whatever the pieces it comes in. */
function framesIn(pieces: readonly Uint8Array[], format: FrameFormat): string[] {
  const decoder = new FrameDecoder(format);
  const frames: string[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    for (let frame = decoder.next(); frame; frame = decoder.next()) frames.push(toHex(frame));
  }
  return frames;
}

describe('frames', () => {
  it('are a length in network byte order, of two bytes or four, and the payload', () => {
    expect(toHex(encodeFrame(hex('aa bb cc'), SHORT))).to.equal('0003aabbcc');
    expect(toHex(encodeFrame(hex('aa'), LONG))).to.equal('00000001aa');
    expect(framesIn([hex('0003 aabbcc 0001 dd')], SHORT)).to.deep.equal(['aabbcc', 'dd']);
    expect(framesIn([hex('00000002 aabb')], LONG)).to.deep.equal(['aabb']);
  });

  it('of the greatest length pass, and of one more are not made', () => {
    const most = new Uint8Array(65_535).fill(7);
    expect(framesIn([encodeFrame(most, SHORT)], SHORT)).to.deep.equal([toHex(most)]);
    expect(() => encodeFrame(new Uint8Array(65_536), SHORT)).to.throw(/at most 65535 bytes, got 65536/);
  });

  it('with a length of 0, or above what is taken, are refused', () => {
    expect(() => framesIn([hex('0000')], SHORT)).to.throw(/length from 1 to 65535, got 0/);
    expect(() => framesIn([hex('ffffffff')], LONG)).to.throw(/length from 1 to 100000, got 4294967295/);
  });

  for (const format of [SHORT, LONG]) {
    it(`come whole out of any pieces (${format.lengthBytes} bytes of length)`, () => {
      const streams = fc.tuple(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1 }),
      );
      fc.assert(
        fc.property(streams, ([payloads, sizes]) => {
          const stream = Buffer.concat(payloads.map((payload) => encodeFrame(payload, format)));
          const pieces: Uint8Array[] = [];
          for (let at = 0, i = 0; at < stream.length; i++) {
            const size = sizes[i % sizes.length]!;
            pieces.push(stream.subarray(at, at + size));
            at += size;
          }
          expect(framesIn(pieces, format)).to.deep.equal(payloads.map(toHex));
        }),
      );
    });
  }

  it('stay as they are while later ones come', () => {
    const decoder = new FrameDecoder(SHORT);
    decoder.push(hex('0002 aa'));
    expect(decoder.next()).to.equal(undefined);
    decoder.push(hex('bb 0002 cc'));
    const first = decoder.next()!;
    decoder.push(hex('dd 0001 ee'));
    expect([first, decoder.next()!, decoder.next()!].map(toHex)).to.deep.equal(['aabb', 'ccdd', 'ee']);
  });

  it('leave what stands behind them to whoever reads on', () => {
    const decoder = new FrameDecoder(SHORT);
    decoder.push(hex('0001 aa 00000001 bb'));
    decoder.next();
    expect(toHex(decoder.rest())).to.equal('00000001bb');
    expect(decoder.pendingBytes).to.equal(0);
  });
});
