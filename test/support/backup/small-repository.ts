/** Copies of made-up trees put straight into a repository, and what is in it read back. */

import type { FileRecord, TreeRecord } from '../../../backup/record';
import type { Copy, Source } from '../../../backup/repository/copy';
import type { Finished } from '../../../backup/repository/copy-writer';
import type { Repository } from '../../../backup/repository/repository';
import { sumOf } from '../../../backup/sum';
import { compressFrame } from '../../../backup/zstd-frame';

export const SOURCE: Source = { node: '127.0.0.1:12346', path: 'home' };
const OWNED = { mode: 0o644, uid: 0, gid: 0, mtime: '1700000000000000001' };

/** A tree: contents, as pieces that become chunks, by path. */
export type Contents = Record<string, readonly string[]>;

/** Puts a copy into a repository as a run would. */
export async function putCopy(
  repository: Repository,
  files: Contents,
  { source = SOURCE, mtime = OWNED.mtime, list = 'seen' } = {},
): Promise<Finished> {
  const writer = await repository.copies.begin(source, 1_700_000_000_000);
  await writer.add({ type: 'folder', path: '', ...OWNED, mode: 0o755 });
  for (const path of Object.keys(files).sort()) {
    await putChunks(repository, files[path]!);
    await writer.add({ ...fileOf(path, files[path]!), mtime });
  }
  return writer.finish({ list, problems: 0 });
}

/** Puts the chunks that are not there yet, all in one block. */
export async function putChunks(repository: Repository, pieces: readonly string[]): Promise<void> {
  const lacking = [...new Set(pieces)]
    .map((piece) => Buffer.from(piece))
    .filter((piece) => !repository.packs.has(sumOf(piece)));
  if (lacking.length === 0) return;
  const chunks = lacking.map((piece) => [sumOf(piece), piece.length] as const);
  await repository.packs.add(chunks, await compressFrame(Buffer.concat(lacking)));
}

function fileOf(path: string, pieces: readonly string[]): FileRecord {
  const chunks = pieces.map((piece): [string, number] => [sumOf(Buffer.from(piece)), Buffer.byteLength(piece)]);
  const size = chunks.reduce((sum, [, length]) => sum + length, 0);
  return { type: 'file', path, size, ...OWNED, ctime: '0', dev: 1, ino: '2', chunks };
}

/** What a copy holds, each file's contents by its path. @throws DamageError */
export async function contentsOf(repository: Repository, copy: Copy): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const record of repository.copies.records(copy)) {
    if (record.type === 'file') found[String(record.path)] = await contentsOfFile(repository, record);
  }
  return found;
}

async function contentsOfFile(repository: Repository, { chunks }: FileRecord): Promise<string> {
  const pieces: Buffer[] = [];
  for (const [sum] of chunks!) pieces.push(Buffer.from(await repository.packs.read(sum)));
  return Buffer.concat(pieces).toString();
}

export async function recordsOf(records: AsyncIterable<TreeRecord>): Promise<TreeRecord[]> {
  const all: TreeRecord[] = [];
  for await (const record of records) all.push(record);
  return all;
}
