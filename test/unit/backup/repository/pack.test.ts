import { expect } from 'chai';
import { ByteSource } from '../../../../backup/byte-source';
import { DamageError } from '../../../../backup/repository/damage-error';
import {
  type Block,
  type ChunkName,
  encodeBlockHeader,
  encodeIndex,
  lengthOf,
  readBlock,
  readIndex,
  readWholeBlocks,
  type SentBlock,
} from '../../../../backup/repository/pack';
import { sumOf } from '../../../../backup/sum';
import { compressFrame, decompressFrame } from '../../../../backup/zstd-frame';

describe('a pack', () => {
  let pack: Buffer;
  let blocks: Block[];
  /** Where each block ends. */
  let ends: number[];

  before(async () => {
    [pack, blocks, ends] = [Buffer.alloc(0), [], []];
    for (const texts of [['one', 'two'], ['three']]) {
      const chunks = texts.map((text): ChunkName => [sumOf(Buffer.from(text)), text.length]);
      const frame = await compressFrame(Buffer.from(texts.join('')));
      const header = encodeBlockHeader(chunks, frame.length);
      blocks.push({ at: pack.length + header.length, length: frame.length, chunks });
      pack = Buffer.concat([pack, header, frame]);
      ends.push(pack.length);
    }
    pack = Buffer.concat([pack, encodeIndex(blocks)]);
  });

  it('gives its blocks by its index, and without it by what stands before each', async () => {
    expect(await readIndex(pack.length, at(pack), 'p')).to.deep.equal(blocks);
    expect(await readWholeBlocks(pack.length, at(pack))).to.deep.equal(blocks);
  });

  it('cut short at any byte, has no index and gives its whole blocks', async () => {
    for (let length = 0; length < pack.length; length++) {
      const cut = pack.subarray(0, length);
      const error = await readIndex(length, at(cut), 'p').catch((thrown: unknown) => thrown);
      expect(error, `cut at ${length}`).to.be.instanceOf(DamageError);
      const whole = ends.filter((end) => end <= length).length;
      expect(await readWholeBlocks(length, at(cut)), `cut at ${length}`).to.deep.equal(blocks.slice(0, whole));
    }
  });

  it('gives its blocks as a stream, in pieces of any length, and refuses one that is cut short', async () => {
    for (let length = 1; length <= ends[0]!; length++) {
      const source = new ByteSource([pack.subarray(0, length), pack.subarray(length, ends[1]!)]);
      expect(await textIn(await readBlock(source))).to.equal('onetwo');
      expect(await textIn(await readBlock(source))).to.equal('three');
      expect(await readBlock(source)).to.equal(undefined);
    }
    for (let length = 1; length < ends[0]!; length++) {
      const error = await readBlock(new ByteSource([pack.subarray(0, length)])).catch((thrown: unknown) => thrown);
      expect(error, `cut at ${length}`).to.be.instanceOf(Error);
    }
  });
});

function at(bytes: Buffer) {
  return async (from: number, length: number): Promise<Buffer> => bytes.subarray(from, from + length);
}

async function textIn(block: SentBlock | undefined): Promise<string> {
  return (await decompressFrame(block!.frame, lengthOf(block!.chunks))).toString();
}
