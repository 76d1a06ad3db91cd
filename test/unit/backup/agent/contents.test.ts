import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ChunkMemory } from '../../../../backup/agent/chunk-memory';
import { ContentReader } from '../../../../backup/agent/contents';
import { Root } from '../../../../backup/agent/root';
import type { FileRecord } from '../../../../backup/record';
import { LONG, USUAL } from '../../../../backup/repository/chunker';
import { chunksOf } from '../../../support/backup/chunks';

const MIB = 1024 * 1024;

describe('what an agent reads of files', () => {
  let folder: string;

  before(() => (folder = mkdtempSync(join(tmpdir(), 'contents-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is cut as if each were read at once, wherever it lies in memory, and stays what it is', async () => {
    const memory = new ChunkMemory();
    const reader = new ContentReader(Root.of(folder), () => Promise.resolve(), 8 * MIB, memory);
    // From nothing to more than is read at once; together several times that.
    const sizes = [0, 1, 700_000, 16_384, 3 * MIB, 0, 2 * MIB, 5, 9 * MIB, 300_000, 8 * MIB, 8 * MIB + 1, 900_000];
    const files = sizes.map((size, i) => {
      const contents = noise(size, i);
      writeFileSync(join(folder, String(i)), contents);
      return contents;
    });
    const records: FileRecord[] = [];
    for (const i of files.keys()) records.push(await reader.record(String(i)));
    for (const [i, contents] of files.entries()) {
      expect(records[i]!.size).to.equal(contents.length);
      expect(records[i]!.chunks).to.deep.equal(chunksOf(contents, contents.length > 8 * MIB ? LONG : USUAL));
      const kept = records[i]!.chunks!.map(([sum]) => memory.take(sum)!);
      expect(Buffer.concat(kept).equals(contents)).to.equal(true);
    }
  });
});

describe('a file that becomes long while it is read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'contents-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is read again, and cut as the long file that it is then', async () => {
    const [before, more] = [noise(5 * MIB, 1), noise(6 * MIB, 2)];
    writeFileSync(join(folder, 'file'), before);
    let left = more;
    const grow = async (): Promise<void> => {
      appendFileSync(join(folder, 'file'), left);
      left = Buffer.alloc(0);
    };
    const record = await new ContentReader(Root.of(folder), grow, 8 * MIB).record('file');
    expect(record).to.include({ size: 11 * MIB });
    expect(record.torn).to.equal(undefined);
    expect(record.chunks).to.deep.equal(chunksOf(Buffer.concat([before, more]), LONG));
  });
});

describe('the chunks an agent remembers', () => {
  const room = (fill: string): Buffer => Buffer.alloc(8 * MIB, fill);

  it('are there once', () => {
    const memory = new ChunkMemory();
    const contents = room('a').subarray(5, 9);
    memory.keep('sum', contents);
    expect(memory.take('sum')).to.equal(contents);
    expect(memory.take('sum')).to.equal(undefined);
  });

  it('go when too much memory lies around them, those of the oldest room together', () => {
    const memory = new ChunkMemory();
    const first = room('0');
    memory.keep('first', first.subarray(0, 1));
    memory.keep('first too', first.subarray(1, 2));
    for (let i = 1; i < 7; i++) memory.keep(`room ${i}`, room(String(i)).subarray(0, 1));
    memory.keep('one more', room('x').subarray(0, 1));
    expect([memory.take('first'), memory.take('first too')]).to.deep.equal([undefined, undefined]);
    expect(memory.take('room 1')?.toString()).to.equal('1');
  });

  it('hold no memory that nothing is left in', () => {
    const memory = new ChunkMemory();
    memory.keep('kept', room('k').subarray(0, 1));
    for (let i = 0; i < 20; i++) {
      memory.keep(`room ${i}`, room('x').subarray(0, 1));
      memory.take(`room ${i}`);
    }
    expect(memory.take('kept')?.toString()).to.equal('k');
  });
});

function noise(size: number, seed: number): Buffer {
  return createHash('shake256', { outputLength: size }).update(String(seed)).digest();
}
