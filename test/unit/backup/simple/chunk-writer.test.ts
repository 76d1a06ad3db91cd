import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { type ChunkLengths, LONG, LONG_FROM, USUAL } from '../../../../backup/repository/chunker';
import { PackStore } from '../../../../backup/repository/pack-store';
import { ChunkWriter } from '../../../../backup/simple/chunk-writer';
import { chunksOf } from '../../../support/backup/chunks';
import { temporaryFolders } from '../../../support/backup/folders';

describe('contents that come as a stream', () => {
  const newFolder = temporaryFolders();

  it('are cut as an agent cuts a file of that length, whatever pieces they come in, and kept', async () => {
    const packs = await PackStore.open(newFolder(), () => undefined);
    const writer = new ChunkWriter(packs);
    // From one piece for all to some bytes at a time; what a long one leaves behind in memory is none of the next one's.
    const files: [length: number, piece: number, size: number, lengths: ChunkLengths][] = [
      [700_000, 700_000, 700_000, USUAL],
      [0, 1, 0, USUAL],
      [20_000_000, 65_536, LONG_FROM + 1, LONG],
      [3_000_000, 16_383, LONG_FROM, USUAL],
      [2 * LONG.max, LONG.max, LONG_FROM + 1, LONG],
      [10_000, 7, 10_000, USUAL],
    ];
    for (const [length, piece, size, lengths] of files) {
      const contents = createHash('shake256', { outputLength: length }).update(String(length)).digest();
      const chunks = await writer.cut(inPieces(contents, piece), size);
      expect(chunks).to.deep.equal(chunksOf(contents, lengths));
      await writer.end();
      for (const [sum, chunk] of chunks) expect(await packs.read(sum)).to.have.length(chunk);
    }
    await packs.close();
  });
});

async function* inPieces(contents: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < contents.length; at += length) yield contents.subarray(at, at + length);
}
