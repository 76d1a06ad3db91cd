import { expect } from 'chai';
import type { FileRecord } from '../../../../backup/record';
import { basesOf } from '../../../../backup/server/bases';

describe('the base of a chunk', () => {
  const cases: [what: string, was: string, now: string, bases: Record<string, string>][] = [
    ['is what stood in its place', 'a10 b10 c10', 'a10 x10 c10', { x: 'b' }],
    ['is all that stood there', 'a10 b10 c10 d10', 'a10 x20 d10', { x: 'b c' }],
    ['may be that of others, too', 'a10 b30 c10', 'a10 x15 y15 c10', { x: 'b', y: 'b' }],
    ['is found behind what was put in', 'a10 b10 c10 d10', 'n15 b10 x10 d10', { n: 'a', x: 'c' }],
    ['is found behind what was taken out', 'a50 b10 c10 d10', 'b10 x10 d10', { x: 'c' }],
    ['is found where pieces changed places', 'a10 b10 c10 d10', 'c10 x10 a10 y10', { x: 'd', y: 'b' }],
    ['is none of what still is there', 'a10 b10', 'a10 x10 b10', {}],
    ['is none behind the end', 'a10 b10', 'a10 b10 x10', {}],
    ['is the last chunk where something was put behind it', 'a10 b5', 'a10 x10 y10', { x: 'b' }],
    ['is all of a file that was cut elsewhere', 'a10 b10', 'x20', { x: 'a b' }],
    ['is none of an empty file', '', 'x20', {}],
  ];
  for (const [what, was, now, expected] of cases) {
    it(what, () => {
      const bases = [...basesOf(chunksOf(was), chunksOf(now))];
      const shown = bases.map(([sum, base]) => [sum, base.map(([name]) => name).join(' ')]);
      expect(Object.fromEntries(shown)).to.deep.equal(expected);
    });
  }
});

/** `a10 b5`: a chunk of 10 bytes, then one of 5. */
function chunksOf(text: string): NonNullable<FileRecord['chunks']> {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => [word[0]!, Number(word.slice(1))]);
}
