/**
 * Zstandard frames (RFC 8878), made and taken apart. What a frame says of itself is read before anything is decompressed: a hostile
 * peer's few bytes must not become gigabytes in memory.
 */

import type * as zstd from '@mongodb-js/zstd';

// The package's own `compress` takes no notice of a level; what it wraps does.
const { compress, decompress } = require('@mongodb-js/zstd/bindings') as typeof zstd;

/** Takes five eighths of the time of the default level, 3, for three hundredths more bytes. */
const LEVEL = 2;

const MAGIC = 0xfd2f_b528;
/** No block of a frame decompresses to more (RFC 8878 section 3.1.1.2.4), bytes. */
const BLOCK_MAX = 128 * 1024;
/** Encoders may cut blocks shorter than that, so what headers allow is more than what comes, bytes. */
const SLACK = 1024 * 1024;

/** Makes one frame. */
export function compressFrame(contents: Buffer): Promise<Buffer> {
  return compress(contents, LEVEL);
}

/**
 * Decompresses one frame to exactly `length` bytes.
 * @throws RangeError when it is no single whole frame, or holds another number of bytes; Error when its contents are damaged
 */
export async function decompressFrame(frame: Uint8Array, length: number): Promise<Buffer> {
  const most = contentMax(frame);
  if (most === undefined || most < length || most > 4 * length + SLACK) {
    throw new RangeError(`expected one Zstandard frame of ${length} bytes, got one of at most ${most ?? 'no'} bytes`);
  }
  // The library refuses an empty frame.
  if (most === 0) return Buffer.alloc(0);
  const bytes = await decompress(Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength));
  if (bytes.length !== length) throw new RangeError(`expected a frame of ${length} bytes, got ${bytes.length}`);
  return bytes;
}

/** Most bytes that a frame can decompress to, from its blocks' headers; undefined for anything but one whole frame. */
function contentMax(frame: Uint8Array): number | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 9 || view.getUint32(0, true) !== MAGIC) return undefined;
  const descriptor = frame[4]!;
  const single = (descriptor & 0x20) !== 0;
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  let at = 5 + (single ? 0 : 1) + dictionaryBytes + sizeBytes;
  let most = 0;
  for (;;) {
    if (at + 3 > frame.length) return undefined;
    const header = frame[at]! | (frame[at + 1]! << 8) | (frame[at + 2]! << 16);
    const size = header >> 3;
    const type = (header >> 1) & 3;
    const [stored, content] = [
      [size, size],
      [1, size],
      [size, BLOCK_MAX],
      [0, Number.NaN],
    ][type] as [number, number];
    most += content;
    at += 3 + stored;
    if (header & 1) break;
  }
  if (descriptor & 4) at += 4;
  return at === frame.length && most >= 0 ? most : undefined;
}
