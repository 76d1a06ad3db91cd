import { compress } from '@mongodb-js/zstd';
import { expect } from 'chai';
import { decompressFrame } from '../../../backup/zstd-frame';

describe('a Zstandard frame', () => {
  const contents = Buffer.from('a line that comes again\n'.repeat(20_000));

  it('is decompressed to what it was, for contents of any length', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('x'), contents, Buffer.alloc(3_000_000)]) {
      expect((await decompressFrame(await compress(bytes), bytes.length)).equals(bytes), `${bytes.length}`).to.equal(
        true,
      );
    }
  });

  it('is refused when it holds another number of bytes', async () => {
    const frame = await compress(contents);
    for (const length of [0, contents.length - 1, contents.length + 1]) await isRefused(frame, length);
  });

  it('is refused when it is cut short anywhere, or followed by anything', async () => {
    const frame = await compress(contents);
    for (let length = 0; length < frame.length; length++) await isRefused(frame.subarray(0, length), contents.length);
    await isRefused(Buffer.concat([frame, Buffer.from([0])]), contents.length);
    await isRefused(Buffer.concat([frame, frame]), contents.length);
  });

  it('is refused before it becomes gigabytes: a bomb says what it would be', async () => {
    await isRefused(await compress(Buffer.alloc(100_000_000)), 1000);
    // One run of the longest that a block's header can name, and nothing that says so elsewhere.
    const bomb = Buffer.from('28b52ffd0058' + 'ffffff41', 'hex');
    await isRefused(bomb, 1000);
  });
});

async function isRefused(frame: Buffer, length: number): Promise<void> {
  const got = await decompressFrame(frame, length).catch((error: unknown) => error);
  expect(got, `${frame.length} bytes for ${length}`).to.be.instanceOf(Error);
}
