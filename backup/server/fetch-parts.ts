/** Fetches what has changed of chunks: the server tells what it has in their place, the agent how to make them of that. */

import type { ByteSource } from '../byte-source';
import { LinesError } from '../lines';
import { type PartFrame, takePartFrame } from '../part-frame';
import { baseMaxOf, blockSumsOf, freshOf, made, type Recipe } from '../parts';
import type { FileRecord } from '../record';
import { DamageError } from '../repository/damage-error';
import { type ChunkName, lengthOf } from '../repository/pack';
import type { PackStore } from '../repository/pack-store';
import { sumOf } from '../sum';
import { BLOCK_BYTES, PARTS_PATH, type PartsRequest } from '../wire';
import { compressFrame } from '../zstd-frame';
import type { AgentClient } from './agent-client';
import { AgentError } from './agent-error';
import { basesOf } from './bases';

/** Chunks asked for at once, so that a request has a bound whatever the size of a file. */
const CHUNKS_A_REQUEST = 2000;
/** Or so many bytes of them, so that it has few sums of long bases. */
const BYTES_A_REQUEST = 256 * 1024 * 1024;

type Chunks = NonNullable<FileRecord['chunks']>;

/** A file that was read, and what was in it before. */
export interface Changed {
  file: FileRecord;
  was: Chunks;
}

/** A chunk that is asked for, and what it is made of. */
interface Wanted {
  name: ChunkName;
  base: Chunks;
}

/**
 * Puts the chunks that changed files lack into the packs, as far as something stood in their place, and the agent's recipes make them.
 * @throws AgentError
 */
export async function fetchParts(
  agent: AgentClient,
  packs: PackStore,
  path: string,
  changed: readonly Changed[],
): Promise<void> {
  for await (const { files, wanted } of requestsOf(packs, changed)) {
    const body: PartsRequest = { path, files };
    const source = await agent.ask(PARTS_PATH, body);
    try {
      for (let frame = await nextFrame(source); frame; frame = await nextFrame(source)) {
        await keep(packs, frame, wanted);
      }
    } finally {
      await source.close();
    }
  }
}

async function nextFrame(source: ByteSource): Promise<PartFrame | undefined> {
  try {
    return await takePartFrame(source);
  } catch (cause) {
    throw cause instanceof LinesError ? new AgentError(cause.message, { cause }) : cause;
  }
}

/** Makes the chunks that a frame tells of; each is made once. @throws AgentError */
async function keep(packs: PackStore, { recipes, fresh }: PartFrame, wanted: Map<number, Wanted>): Promise<void> {
  let names: ChunkName[] = [];
  let contents: Buffer[] = [];
  let bytes = 0;
  let from = 0;
  for (const [place, recipe] of recipes) {
    const chunk = wanted.get(place);
    // A recipe sent again and again would fill the disk.
    if (!wanted.delete(place)) throw new AgentError('expected parts of the chunks asked for, each once, got others');
    const whole = madeOf(recipe, await contentsOf(packs, chunk!.base), fresh, from, chunk!.name[1]);
    from += freshOf(recipe);
    // Sums of blocks are short: a chunk that does not come out right is asked for whole.
    if (sumOf(whole) !== chunk!.name[0]) continue;
    names.push(chunk!.name);
    contents.push(whole);
    bytes += whole.length;
    // An agent ends its frames there; few bytes may make many.
    if (bytes < BLOCK_BYTES) continue;
    await packs.add(names, await compressFrame(Buffer.concat(contents)));
    [names, contents, bytes] = [[], [], 0];
  }
  if (names.length > 0) await packs.add(names, await compressFrame(Buffer.concat(contents)));
}

function madeOf(recipe: Recipe, base: Buffer, fresh: Buffer, from: number, length: number): Buffer {
  try {
    return made(recipe, base, fresh, from, length);
  } catch (cause) {
    if (cause instanceof RangeError) throw new AgentError(cause.message, { cause });
    throw cause;
  }
}

/** Of each file the chunks that lack and have a base, each once. */
async function* requestsOf(
  packs: PackStore,
  changed: readonly Changed[],
): AsyncGenerator<{ files: PartsRequest['files']; wanted: Map<number, Wanted> }> {
  const asked = new Set<string>();
  let files: PartsRequest['files'] = [];
  let wanted = new Map<number, Wanted>();
  let wantedBytes = 0;
  for (const { file, was } of changed) {
    const bases = basesOf(was, file.chunks!);
    let chunks: PartsRequest['files'][number]['chunks'] = [];
    let at = 0;
    for (const [sum, length] of file.chunks!) {
      const base = bases.get(sum);
      const bytes = base && !packs.has(sum) && !asked.has(sum) ? await knownOf(packs, base, length) : undefined;
      if (base && bytes) {
        asked.add(sum);
        chunks.push([at, length, sum, bytes.length, blockSumsOf(bytes, length)]);
        wanted.set(wanted.size, { name: [sum, length], base });
        wantedBytes += length;
      }
      at += length;
      if (wanted.size < CHUNKS_A_REQUEST && wantedBytes < BYTES_A_REQUEST) continue;
      yield { files: [...files, { path: file.path, chunks }], wanted };
      [files, wanted, chunks, wantedBytes] = [[], new Map(), [], 0];
    }
    if (chunks.length > 0) files.push({ path: file.path, chunks });
  }
  if (wanted.size > 0) yield { files, wanted };
}

/** The bytes of a chunk's base; undefined when it is longer than any may be, or damaged: then it is done without. */
async function knownOf(packs: PackStore, base: Chunks, chunkLength: number): Promise<Buffer | undefined> {
  if (lengthOf(base) > baseMaxOf(chunkLength)) return undefined;
  try {
    return await contentsOf(packs, base);
  } catch (error) {
    if (error instanceof DamageError) return undefined;
    throw error;
  }
}

async function contentsOf(packs: PackStore, chunks: Chunks): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (const [sum] of chunks) pieces.push(await packs.read(sum));
  return Buffer.concat(pieces);
}
