import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { loadPairs, type PairsFrom, reloadPairs } from '../../../servent/load-pairs';
import { type Pair, type PairSource, tableOf } from '../../../servent/pair-source';
import { OperatorError } from '../../../shared/errors';

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof OperatorError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'accepted';
}

async function heldBy(source: PairSource): Promise<Map<string, string>> {
  const { pairs } = await tableOf(source);
  return new Map([...pairs].map(([key, value]) => [String(Buffer.from(key)), String(Buffer.from(value))]));
}

describe('pairs from a program', () => {
  const PAIRS = new Map([
    ['ssh', '22/tcp  # Secure\tShell'],
    ['__proto__', 'ü'],
  ]);
  async function* later(): AsyncGenerator<Pair> {
    for (const [key, value] of PAIRS) yield [Buffer.from(key), Buffer.from(value)];
  }

  it('are those of a Map, a list, or a source that takes its time; text or bytes', async () => {
    expect(await heldBy(PAIRS)).to.deep.equal(PAIRS);
    expect(await heldBy([...PAIRS])).to.deep.equal(PAIRS);
    expect(await heldBy(later())).to.deep.equal(PAIRS);
    expect(await heldBy([])).to.deep.equal(new Map());
  });

  it('are replaced by later ones of their key', async () => {
    const repeated: Pair[] = [['a', '1'], ['b', '2'], ['a', '3']]; // biome-ignore format: one line
    expect(await heldBy(repeated)).to.deep.equal(new Map([['a', '3'], ['b', '2']])); // biome-ignore format: one line
  });

  const refused: [pair: unknown, named: string][] = [
    ['ab', 'expected [key, value] for pair 2'],
    [['a'], 'expected [key, value] for pair 2'],
    [['a', 5], 'expected text or bytes in pair 2'],
    [['', 'b'], 'got ""'],
    [['a b', 'c'], 'got "a b"'],
    [['a\0', 'c'], 'got "a\\u{0}"'],
    [['a', ''], '"a", got ""'],
    [['a', 'b\nc d'], 'got "b\\nc d"'],
    [['a', 'b\0'], 'got "b\\u{0}"'],
    [['a', 'b'.repeat(65_504)], 'got 65505'],
  ];
  for (const [pair, named] of refused) {
    it(`are refused for ${JSON.stringify(pair).slice(0, 40)}`, async () => {
      const message = await refusal(tableOf([['first', 'pair'], pair as Pair]));
      expect(message)
        .to.match(/^usage: /)
        .and.include(named);
    });
  }

  it('are read again from what gives them again, and never from what is gone', async () => {
    expect((await reloadPairs({ pairs: PAIRS, duplicates: false })).pairs.size).to.equal(2);
    for (const from of [
      { pairs: later(), duplicates: false },
      { pairs: PAIRS.entries(), duplicates: false },
      { input: Readable.from([]), duplicates: false },
    ] satisfies PairsFrom[]) {
      expect(await refusal(reloadPairs(from))).to.match(/^file: expected pairs that can be read again/);
    }
  });
});

describe('a file of pairs', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'load-pairs-'))));
  after(() => rmSync(folder, { recursive: true }));
  const fileOf = (bytes: string | Uint8Array): string => {
    const path = join(folder, 'pairs.txt');
    writeFileSync(path, bytes);
    return path;
  };

  it('may come in through a stream', async () => {
    const input = Readable.from([Buffer.from('a 1\nb'), Buffer.from(' 2\n')]);
    const { pairs } = await loadPairs({ input, duplicates: false });
    expect(pairs.size).to.equal(2);
    expect(Buffer.from(pairs.get('b')!).toString()).to.equal('2');
  });

  it('is refused in UTF-16, of either order', async () => {
    const little = Buffer.from('\ufeffssh 22/tcp\n', 'utf16le');
    for (const bytes of [little, Buffer.from(little).swap16()]) {
      const file = fileOf(bytes);
      expect(await refusal(loadPairs({ file, duplicates: false }))).to.equal(
        `file: expected a key-value file in UTF-8, got one in UTF-16: "${file}"`,
      );
    }
  });

  it('is told of keys that appear again, on request, and of keys that nobody can ask for', async () => {
    const file = fileOf('a 1\nb 2\na\0b 3\na 4\n');
    const codesOf = async (duplicates: boolean) =>
      (await loadPairs({ file, duplicates })).problems.map(({ line, code }) => `${line} ${code}`);
    expect(await codesOf(false)).to.deep.equal(['3 nul-key']);
    expect(await codesOf(true)).to.deep.equal(['3 nul-key', '4 duplicate']);
  });

  it('that cannot be read is named with the system’s reason', async () => {
    expect(await refusal(loadPairs({ file: 'no/such/file', duplicates: false }))).to.equal(
      'file: expected a readable key-value file, got "no/such/file": ENOENT: no such file or directory',
    );
    expect(await refusal(loadPairs({ file: folder, duplicates: false }))).to.include('EISDIR');
  });
});
