/**
 * Lines of JSON, compressed in frames: the format of a copy's list and of an agent's answers. Each Zstandard frame (RFC 8878) is
 * led by a skippable one that says how long it is and how long its contents are, so that neither side needs memory for more
 * than one, and `zstd -dc` prints the lines.
 *
 *     | 0x184d2a5c | 8 | frame's length | contents' length | Zstandard frame |  (32-bit numbers, little-endian)
 */

import { ByteSource } from './byte-source';
import type { ReadAt } from './repository/pack';
import { compressFrame, decompressFrame } from './zstd-frame';

const MAGIC = 0x184d_2a5c;
const LEAD = 16;
/** Lines are compressed together until they are so long, characters. */
const FRAME_CHARACTERS = 512 * 1024;
/** A frame holds one line more than that at the most, and no line is longer, bytes. */
const LINE_MAX = 64 * 1024 * 1024;

/** A frame without lines: says that there is somebody, while the next one is being made. */
export const NO_LINES = leadOf(0, 0);

/** Something is not in the format. */
export class LinesError extends Error {}

/** Puts lines into frames. */
export class LineWriter {
  #lines: string[] = [];
  #characters = 0;

  /** Takes a line; gives a frame's bytes when there are enough for one. */
  add(line: object): Promise<Buffer> | undefined {
    const text = JSON.stringify(line);
    this.#lines.push(text);
    this.#characters += text.length + 1;
    return this.#characters < FRAME_CHARACTERS ? undefined : this.end();
  }

  /** The bytes of what was added since the last frame. */
  async end(): Promise<Buffer> {
    if (this.#lines.length === 0) return Buffer.alloc(0);
    const contents = Buffer.from(`${this.#lines.join('\n')}\n`);
    this.#lines = [];
    this.#characters = 0;
    return frameOf(contents);
  }
}

/** A frame that holds these bytes, which need not be lines. */
export async function frameOf(contents: Buffer): Promise<Buffer> {
  const frame = await compressFrame(contents);
  return Buffer.concat([leadOf(frame.length, contents.length), frame]);
}

function leadOf(frameLength: number, length: number): Buffer {
  const lead = Buffer.alloc(LEAD);
  for (const [i, word] of [MAGIC, LEAD - 8, frameLength, length].entries()) lead.writeUInt32LE(word, i * 4);
  return lead;
}

/** The lines of a source, as what JSON makes of them. @throws LinesError */
export async function* readLines(source: ByteSource): AsyncGenerator<unknown, void> {
  for (let lead = await source.take(LEAD); lead.length > 0; lead = await source.take(LEAD)) {
    // Parsed one by one: all at once would be a frame's worth of objects that live long.
    for (const line of await takeTexts(lead, source)) yield parsed(line);
  }
}

/** The contents of the next frame, at most `max` bytes; undefined at the end. @throws LinesError */
export async function takeFrame(source: ByteSource, max: number): Promise<Buffer | undefined> {
  const lead = await source.take(LEAD);
  return lead.length === 0 ? undefined : contentsOf(lead, source, max);
}

/** Are these the first bytes of a frame of lines? */
export function isLines(bytes: Buffer): boolean {
  return bytes.length >= 4 && bytes.readUInt32LE() === MAGIC;
}

/** The lines of a frame whose first bytes, at most its lead, were taken already. @throws LinesError */
export async function takeLines(begin: Buffer, source: ByteSource): Promise<unknown[]> {
  return (await takeTexts(begin, source)).map(parsed);
}

async function takeTexts(begin: Buffer, source: ByteSource): Promise<string[]> {
  const lead = begin.length === LEAD ? begin : Buffer.concat([begin, await source.take(LEAD - begin.length)]);
  const contents = await contentsOf(lead, source, LINE_MAX);
  return contents
    .toString()
    .split('\n')
    .filter((line) => line !== '');
}

/** The lines of a file's last frame, found without reading those before. @throws LinesError */
export async function readLastLines(size: number, readAt: ReadAt): Promise<unknown[]> {
  for (let at = 0; ; ) {
    const lead = await readAt(at, LEAD);
    const end = at + LEAD + frameLengthOf(lead);
    if (end >= size) return takeLines(lead, new ByteSource([await readAt(at + LEAD, end - at - LEAD)]));
    at = end;
  }
}

async function contentsOf(lead: Buffer, source: ByteSource, max: number): Promise<Buffer> {
  const frame = await source.take(frameLengthOf(lead, max));
  if (lead.equals(NO_LINES)) return Buffer.alloc(0);
  try {
    return await decompressFrame(frame, lead.readUInt32LE(12));
  } catch (cause) {
    throw new LinesError('expected a whole frame, got a damaged one', { cause });
  }
}

function frameLengthOf(lead: Buffer, max = LINE_MAX): number {
  if (lead.length < LEAD || lead.readUInt32LE() !== MAGIC || lead.readUInt32LE(4) !== LEAD - 8) {
    throw new LinesError('expected a frame of lines, got something else');
  }
  const [frame, contents] = [lead.readUInt32LE(8), lead.readUInt32LE(12)];
  if (frame <= max && contents <= max) return frame;
  throw new LinesError(`expected a shorter frame, got ${contents} bytes`);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new LinesError('expected a line of JSON, got something else', { cause });
  }
}
