/** Commands that read a replica's files, whether it runs or not: its log, its documents. They change nothing. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../../shared/errors';
import { escapeJson, escapeText } from '../../shared/escape';
import type { Streams } from '../../shared/program/run-main';
import { Documents } from '../documents/documents';
import { LmdbEngine } from '../documents/lmdb-engine';
import { STATE } from '../folder';
import { FACTS } from '../journal/facts';
import { realFiles } from '../journal/files';
import { readLog } from '../offline/read-log';
import { exportLines } from '../offline/transfer';
import { verifyFolder } from '../offline/verify';
import type { FilesOptions } from '../options';

/** How often `--follow` looks, milliseconds. */
const FOLLOW_MS = 200;

/** Prints the log's lines from an index on: they are JSON as they stand. */
export async function printLog(
  { path, from, follow }: FilesOptions,
  streams: Streams,
  until: AbortSignal,
): Promise<number> {
  const more = async (): Promise<boolean> => {
    if (follow) await sleep(FOLLOW_MS, undefined, { signal: until }).catch(() => {});
    return follow && !until.aborted;
  };
  for await (const { line } of readLog(realFiles, replicaFolder(path), from, more)) {
    streams.out(escapeJson(line));
    await taken(streams, until);
    if (until.aborted) break;
  }
  return 0;
}

/** Checks every line of the log, the documents, and that they fit each other. */
export async function verify({ path, json }: FilesOptions, streams: Streams): Promise<number> {
  const folder = replicaFolder(path);
  const engine = stateIn(folder);
  try {
    const { base, last, torn, state } = await verifyFolder(realFiles, folder, engine);
    const documents = state
      ? `${state.documents} documents at entry ${state.applied.index}`
      : 'no documents were written yet';
    const cut = torn ? '; a torn last line, never acknowledged, is cut off at the next start' : '';
    const log =
      last.index > base.index ? `entries ${base.index + 1} to ${last.index} are one chain` : 'the log is empty';
    const event = { event: 'verified', folder, base, last, torn, state };
    streams.out(json ? escapeJson(JSON.stringify(event)) : escapeText(`${folder}: ${log}, ${documents}${cut}`));
    return 0;
  } finally {
    await engine?.close();
  }
}

/** Prints `["collection", name, schema]` and behind each its documents, `["document", {...}]`, all as they were at one entry. */
export async function exportAll({ path }: FilesOptions, streams: Streams, until: AbortSignal): Promise<number> {
  const engine = stateIn(replicaFolder(path));
  if (!engine) return 0;
  const snapshot = new Documents(engine).snapshot();
  try {
    for (const line of exportLines(snapshot)) {
      streams.out(escapeJson(line));
      await taken(streams, until);
      if (until.aborted) break;
    }
    streams.err(`store: exported as of entry ${snapshot.position.index}`);
    return 0;
  } finally {
    snapshot.close();
    await engine.close();
  }
}

/** Whoever reads our output may be slower than the disk. */
async function taken({ output }: Streams, until: AbortSignal): Promise<void> {
  if (!output.writableNeedDrain) return;
  await new Promise<void>((done) => {
    output.once('drain', done);
    until.addEventListener('abort', () => done(), { once: true });
  });
}

/** The documents, to be read; undefined where none were written yet. */
function stateIn(folder: string): LmdbEngine | undefined {
  const path = join(folder, STATE);
  return existsSync(path) ? new LmdbEngine(path, { readOnly: true }) : undefined;
}

/** The folder of a replica: the one named, or the only one beneath. @throws OperatorError `file` */
function replicaFolder(path: string): string {
  const beneath = existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : [];
  const folders = [path, ...beneath].filter((folder) => existsSync(join(folder, FACTS)));
  const [folder] = folders;
  if (folder === undefined) {
    throw new OperatorError('file', `expected the folder of a replica, got "${path}": there is no ${FACTS} in it`);
  }
  if (folder !== path && folders.length > 1) {
    throw new OperatorError('file', `expected the folder of one replica, got "${path}": it has ${folders.join(', ')}`);
  }
  return folder;
}
