/** Commands that read a replica's files, whether it runs or not: its log, its documents. They change nothing. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../../shared/errors';
import { escapeJson, escapeText } from '../../shared/escape';
import type { Io } from '../../shared/program/run-main';
import { Documents } from '../documents/documents';
import { LmdbEngine } from '../documents/lmdb-engine';
import { MemoryEngine } from '../documents/memory-engine';
import type { Entry, Position } from '../entry';
import { type Facts, readFacts } from '../journal/facts';
import { realFiles } from '../journal/files';
import { entriesFrom, LogDamage, type Scanned, scanLog } from '../journal/scan';
import type { FilesOptions } from '../options';

const FACTS = 'replica.json';
const STATE = 'state';
/** How often `--follow` looks, milliseconds. */
const FOLLOW_MS = 200;
const PIECE_BYTES = 64 * 1024;

/** Prints the log's lines from an index on: they are JSON as they stand. */
export async function printLog({ path, from, follow }: FilesOptions, io: Io, until: AbortSignal): Promise<number> {
  const { folder, facts } = await replicaFolder(path);
  const show = (entry: Entry): void => {
    if (entry.index >= from && !until.aborted) io.out(escapeJson(entry.line));
  };
  let last = await scanned(folder, facts, show);
  while (follow && !until.aborted) {
    await sleep(FOLLOW_MS, undefined, { signal: until }).catch(() => {});
    last = await newEntries(folder, last, show);
  }
  if (!follow && last.torn) io.err(`store: the last line of "${last.torn.path}" is not whole, and was not printed`);
  return 0;
}

/** Checks the chain of the log, and that the documents are what their replica believes and what the log says. */
export async function verify({ path, json }: FilesOptions, io: Io): Promise<number> {
  const { folder, facts } = await replicaFolder(path);
  const engine = new LmdbEngine(join(folder, STATE));
  try {
    const snapshot = new Documents(engine).snapshot();
    const { position, hash } = snapshot;
    const replayed = new Documents(new MemoryEngine());
    const isWhole = facts.base.index === 0;
    let there: Position | undefined = position.index === facts.base.index ? facts.base : undefined;
    const { last, torn } = await scanned(folder, facts, (entry) => {
      if (entry.index === position.index) there = entry;
      if (isWhole && entry.index <= position.index) replayed.apply([entry]);
    });
    if (there?.sum !== position.sum)
      throw damage(folder, `the documents are at entry ${position.index}, which the log has not`);
    if (isWhole && replayed.hash() !== hash) throw damage(folder, 'the documents are not what the log makes of them');
    const copy = new Documents(new MemoryEngine()).restore(position);
    for (let lines = snapshot.next(PIECE_BYTES); lines; lines = snapshot.next(PIECE_BYTES)) copy.add(lines);
    copy.finish(hash);
    snapshot.close();
    const { base } = facts;
    const said = `entries ${base.index + 1} to ${last.index} are one chain, the documents are at entry ${position.index}`;
    const how = isWhole ? 'and what the log makes of them' : 'and have the hash that their replica knows';
    const event = { event: 'verified', folder, from: base.index + 1, to: last.index, sum: last.sum, position, hash };
    io.out(json ? JSON.stringify({ ...event, torn: torn !== undefined }) : escapeText(`${folder}: ${said} ${how}`));
    return 0;
  } finally {
    await engine.close();
  }
}

/** Prints `["collection", name, schema]` and behind each its documents, `["document", {...}]`, as they are at one position. */
export async function exportAll({ path }: FilesOptions, io: Io, until: AbortSignal): Promise<number> {
  const { folder } = await replicaFolder(path);
  const engine = new LmdbEngine(join(folder, STATE));
  const snapshot = new Documents(engine).snapshot();
  try {
    for (let lines = snapshot.next(PIECE_BYTES); lines && !until.aborted; lines = snapshot.next(PIECE_BYTES)) {
      for (const line of lines) if (!line.startsWith('["request",')) io.out(line);
      // What reads us may be slower than the disk.
      if (io.output.writableNeedDrain) await new Promise((done) => io.output.once('drain', done));
    }
    return 0;
  } finally {
    snapshot.close();
    await engine.close();
  }
}

async function scanned(folder: string, facts: Facts, seen: (entry: Entry) => void): Promise<Scanned> {
  return scanLog(realFiles, folder, facts, seen);
}

/** What was written behind the last entry seen; the log may have been begun anew meanwhile. */
async function newEntries(folder: string, before: Scanned, seen: (entry: Entry) => void): Promise<Scanned> {
  const facts = await readFacts(realFiles, folder);
  if (!facts) throw damage(folder, `there is no ${FACTS} any more`);
  let { last } = before;
  const current = before.segments.at(-1);
  if (current) {
    for await (const entry of entriesFrom(realFiles, current.path, current.placeBefore(last.index + 1))) {
      if (entry.index <= last.index) continue;
      seen(entry);
      last = entry;
    }
  }
  return scanLog(realFiles, folder, facts, (entry) => entry.index > last.index && seen(entry));
}

/** The folder of a replica: the one named, or the only one beneath. @throws OperatorError `file` */
async function replicaFolder(path: string): Promise<{ folder: string; facts: Facts }> {
  const beneath = existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : [];
  const folders = [path, ...beneath].filter((folder) => existsSync(join(folder, FACTS)));
  const [folder] = folders;
  const facts = folder === undefined ? undefined : await readFacts(realFiles, folder);
  if (folder === undefined || !facts) {
    throw new OperatorError('file', `expected the folder of a replica, got "${path}": there is no ${FACTS} in it`);
  }
  if (folder !== path && folders.length > 1) {
    throw new OperatorError(
      'file',
      `expected the folder of one replica, got "${path}": beneath it are ${folders.join(', ')}`,
    );
  }
  return { folder, facts };
}

function damage(folder: string, what: string): OperatorError {
  return new LogDamage(folder, 0, what);
}
