/** The lines of a log file: where each stands, however the file is read, and an end to one without an end. */

import { expect } from 'chai';
import * as fc from 'fast-check';
import { LINE_BYTES_MAX } from '../../../../store/entry';
import { type Line, linesOf } from '../../../../store/journal/lines';

describe('the lines of a file', () => {
  it('are told with their places, from any line on, in pieces of any size', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'é', '"'), maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 8 }),
        fc.boolean(),
        fc.nat({ max: 7 }),
        fc.integer({ min: 1, max: 40 }),
        async (texts, isWhole, skipped, pieceBytes) => {
          const lines = texts.map((text, i) => text + (isWhole || i < texts.length - 1 ? '\n' : ''));
          const from = Buffer.byteLength(lines.slice(0, skipped).join(''));
          const expected: unknown[] = [];
          let at = from;
          for (const text of lines.slice(skipped)) {
            const bytes = Buffer.byteLength(text);
            // Nothing behind the last newline is no line.
            if (bytes > 0) expected.push({ content: text.replace('\n', ''), at, bytes, whole: text.endsWith('\n') });
            at += bytes;
          }
          expect(await told(Buffer.from(lines.join('')), from, pieceBytes)).to.deep.equal(expected);
        },
      ),
    );
  });

  it('end with one that is longer than a log may have: no more is read of it', async () => {
    const pieceBytes = LINE_BYTES_MAX / 4;
    const bytes = Buffer.alloc(3 * LINE_BYTES_MAX, 'a');
    bytes.write('b\n');
    bytes.write('\nc\n', bytes.length - 3);
    const [first, cut, ...rest] = await told(bytes, 0, pieceBytes);
    expect(first).to.deep.include({ at: 0, bytes: 2, whole: true });
    expect(cut).to.deep.include({ at: 2, bytes: 5 * pieceBytes - 2, whole: false });
    expect(rest).to.deep.equal([]);
  });
});

async function told(bytes: Uint8Array, from: number, pieceBytes: number): Promise<unknown[]> {
  const file = {
    read: async (position: number, length: number) => bytes.subarray(position, position + length),
    close: async () => {},
  };
  const lines: unknown[] = [];
  const textOf = ({ content }: Line): string => Buffer.from(content).toString();
  for await (const line of linesOf(file, from, pieceBytes)) lines.push({ ...line, content: textOf(line) });
  return lines;
}
