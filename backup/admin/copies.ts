/** An admin's commands that show or give back what is in a copy: ls, restore, query --save. */

import { createWriteStream, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileError, OperatorError } from '../../shared/errors';
import { escapeText } from '../../shared/escape';
import type { Streams } from '../../shared/program/run-main';
import { LinesError } from '../lines';
import type { QuestionOptions } from '../options';
import { type TreeRecord, textOf } from '../record';
import { restore } from '../restore/restore';
import type { LsLine } from '../server/admin-wire';
import { formatBytes, formatTime, pathWords, progressLine } from '../words';
import type { AdminClient } from './client';

const EXIT_FAILED = 1;
/** A bar is drawn anew after so much, bytes. */
const PROGRESS_BYTES = 1024 * 1024;
/** What a file is called until it is whole. */
const TEMPORARY = '.part';

type Of<Command extends QuestionOptions['command']> = Extract<QuestionOptions, { command: Command }>;
type Say = (lines: string | readonly string[], event: object) => void;

/** Lists a copy. */
export async function ls(client: AdminClient, { node, path, copy, below }: Of<'ls'>, say: Say): Promise<number> {
  for await (const line of client.lines('ls', { node, path, copy, below }))
    say(lsWords(line), { event: 'entry', ...line });
  return 0;
}

/** Restores a copy, or a part of it. */
export async function restoreCopy(
  client: AdminClient,
  { node, path, copy, below, target, overwrite }: Of<'restore'>,
  say: Say,
  streams: Streams,
): Promise<number> {
  const sent = await client.bytes('restore', { node, path, copy, below });
  const name = basename(below) || basename(sent.path) || 'restored';
  const progress = bar('restored', below === '' ? sent.copyBytes : 0, streams);
  try {
    const { entries, bytes, missing, missingCount } = await restore(sent.bytes, target, { overwrite, name }, progress);
    streams.progress('');
    const lines = missing.map(([lost, reason]) => `not restored: ${pathWords(lost)}: ${escapeText(reason)}`);
    if (missingCount > missing.length) lines.push(`and ${missingCount - missing.length} more`);
    lines.push(`restored ${entries} entries, ${formatBytes(bytes)}; ${missingCount} not`);
    say(lines, { event: 'restored', entries, bytes, missing, missingCount });
    return missingCount > 0 ? EXIT_FAILED : 0;
  } catch (error) {
    streams.progress('');
    if (!(error instanceof LinesError) && !(error instanceof RangeError)) throw error;
    throw new OperatorError('unreachable', `${error.message}; what has a name in "${target}" is whole`, {
      cause: error,
    });
  }
}

/** Writes a copy as a tar.gz: to a file, or into a folder under a name of its own. */
export async function save(
  client: AdminClient,
  { node, path, copy = 1, save: given }: Of<'query'>,
  say: Say,
  streams: Streams,
): Promise<number> {
  const sent = await client.bytes('save', { node, path, copy });
  const isFolder = statSync(given!, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const name = `${sent.node}-${sent.path}${sent.number}.tgz`.replaceAll('/', '_');
  const file = isFolder ? join(given!, name) : given!;
  let bytes = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const piece of sent.bytes) {
      bytes += piece.length;
      streams.progress(`saved ${formatBytes(bytes)} of ${formatBytes(sent.copyBytes)}, compressed`);
      yield piece;
    }
  }
  try {
    await pipeline(counted(), createWriteStream(file + TEMPORARY, { flush: true }));
    await rename(file + TEMPORARY, file);
  } catch (error) {
    await rm(file + TEMPORARY, { force: true });
    throw fileError('a file that can be written', file, error);
  } finally {
    streams.progress('');
  }
  say(`saved ${formatBytes(bytes)} in ${file}`, { event: 'saved', file, bytes, node: sent.node, path: sent.path });
  return 0;
}

/** Draws how much of `total` bytes is done; without a total only how much. */
function bar(what: string, total: number, streams: Streams): (bytes: number) => void {
  let done = 0;
  let drawn = 0;
  return (bytes) => {
    done += bytes;
    if (done - drawn < PROGRESS_BYTES) return;
    drawn = done;
    streams.progress(total > 0 ? progressLine(what, done, total) : `${what} ${formatBytes(done)}`);
  };
}

/** `-rw-r--r--     1.5 kB 2026-01-31 12:00:05 letters/ann.txt`, as `ls -l` has it. */
function lsWords(line: LsLine): string {
  const name = pathWords(textOf(line.path));
  if (line.type === 'problem') return `?          ${name}: ${escapeText(line.message)}`;
  if (line.type === 'hardlink') return `another name of ${pathWords(textOf(line.of))}: ${name}`;
  const size = line.type === 'file' ? formatBytes(line.size) : '';
  const target = line.type === 'link' ? ` -> ${pathWords(textOf(line.target))}` : '';
  return `${modeWords(line)} ${size.padStart(9)} ${formatTime(Number(BigInt(line.mtime) / 1_000_000n))} ${name}${target}`;
}

function modeWords({ type, mode }: Exclude<TreeRecord, { type: 'hardlink' }>): string {
  const bits = [...'rwxrwxrwx'].map((letter, i) => ((mode >> (8 - i)) & 1 ? letter : '-'));
  return `${{ folder: 'd', link: 'l', file: '-' }[type]}${bits.join('')}`;
}
