/** An admin's commands: each asks the server one question, and prints the answer. */

import { formatIp, ipOf, portOf } from '../../shared/endpoint';
import { escapeText } from '../../shared/escape';
import { resolve } from '../../shared/host-port';
import type { Streams } from '../../shared/program/run-main';
import { tableLines } from '../../shared/program/table';
import { formatDuration } from '../frequency';
import type { QuestionOptions, RegisterOptions } from '../options';
import { readToken } from '../text-file';
import { formatBytes, formatTime, pathWords, progressLine, runWords } from '../words';
import { AdminClient } from './client';
import type * as Copies from './copies';

const EXIT_FAILED = 1;

/** Prints results: lines for people, or objects. */
type Say = (lines: string | readonly string[], event: object) => void;

type Of<Command extends QuestionOptions['command']> = Extract<QuestionOptions, { command: Command }>;

/** Runs one of them. Gives the exit status. */
export async function askServer(options: QuestionOptions, streams: Streams): Promise<number> {
  const endpoint = await resolve(options.server);
  const token = await readToken(options.tokenFile);
  const client = new AdminClient({ host: formatIp(ipOf(endpoint)), port: portOf(endpoint), token });
  const say: Say = (lines, event) => {
    if (options.json) streams.out(JSON.stringify(event));
    else for (const line of [lines].flat()) streams.out(line);
  };
  switch (options.command) {
    case 'register':
      return register(client, options, say);
    case 'unregister':
      return unregister(client, options, say);
    case 'list':
      return list(client, say);
    case 'query':
      return options.save === undefined ? query(client, options, say) : copies().save(client, options, say, streams);
    case 'history':
      return history(client, options, say);
    case 'run':
      return run(client, options, say, streams);
    case 'status':
      return status(client, say);
    case 'shutdown':
      await client.ask('shutdown', {});
      say('the server ends', { event: 'shutdown' });
      return 0;
    case 'verify':
      return verify(client, say, streams);
    case 'ls':
      return copies().ls(client, options, say);
    case 'restore':
      return copies().restoreCopy(client, options, say, streams);
  }
}

/** Loaded only where a copy is read: of all that is loaded for a command it takes the longest. */
function copies(): typeof Copies {
  return require('./copies') as typeof Copies;
}

async function register(client: AdminClient, options: RegisterOptions, say: Say): Promise<number> {
  const { node, path, everyMs, keep, wire, tls, paranoid } = options;
  const token = await readToken(options.agentTokenFile);
  const request = { node, path, everyMs, keep, wire, tls, paranoid, ...(token === undefined ? {} : { token }) };
  const answer = await client.ask('register', request);
  const what = answer.isNew ? 'registered' : 'registered anew';
  say(`${what}: ${answer.node} ${pathWords(path)} every ${formatDuration(everyMs)}`, {
    event: 'registered',
    path,
    ...answer,
  });
  return 0;
}

async function unregister(client: AdminClient, { node, path, purge }: Of<'unregister'>, say: Say): Promise<number> {
  const { purged } = await client.ask('unregister', { node, path, purge });
  const rest = purge ? `${purged} copies thrown away` : 'its copies stay';
  say(`unregistered: ${node} ${pathWords(path)}; ${rest}`, { event: 'unregistered', node, path, purged });
  return 0;
}

async function list(client: AdminClient, say: Say): Promise<number> {
  const { jobs } = await client.ask('list', {});
  const rows = jobs.map(({ node, path, everyMs, keep, wire, dueMs, isRunning, failures, lastSuccessMs }) => [
    node,
    pathWords(path),
    formatDuration(everyMs),
    String(keep),
    wire,
    lastSuccessMs === undefined ? '-' : formatTime(lastSuccessMs),
    isRunning ? 'running' : formatTime(dueMs),
    String(failures),
  ]);
  const heading = ['node', 'path', 'every', 'keep', 'wire', 'last success', 'next', 'failures'];
  say(rows.length === 0 ? 'nothing is registered' : tableLines([heading, ...rows]), { event: 'list', jobs });
  return 0;
}

async function query(client: AdminClient, { node, path }: Of<'query'>, say: Say): Promise<number> {
  const answer = await client.ask('query', { node, path });
  const rows = answer.copies.map(({ atMs, bytes, entries, copy }) => [
    copy === undefined ? '' : String(copy),
    formatTime(atMs),
    formatBytes(bytes),
    String(entries),
    copy === undefined ? 'gone' : 'kept',
  ]);
  const table = tableLines([['copy', 'date', 'size', 'entries', ''], ...rows]);
  say(rows.length === 0 ? 'no copy was ever made' : table, { event: 'query', ...answer });
  return 0;
}

async function history(client: AdminClient, { node, path }: Of<'history'>, say: Say): Promise<number> {
  const request = { ...(node === undefined ? {} : { node }), ...(path === undefined ? {} : { path }) };
  for await (const line of client.lines('history', request)) say(runWords(line), { event: 'run', ...line });
  return 0;
}

async function run(client: AdminClient, { node, path }: Of<'run'>, say: Say, streams: Streams): Promise<number> {
  for await (const line of client.lines('run', { node, path })) {
    if (line.type === 'progress') {
      const { entries, bytes, travelled } = line;
      streams.progress(`${entries} entries, ${formatBytes(bytes)}; ${formatBytes(travelled)} travelled`);
      continue;
    }
    streams.progress('');
    const { type: _type, ...result } = line;
    say(runWords(result), { event: 'run', ...result });
    return result.outcome === 'failed' ? EXIT_FAILED : 0;
  }
  return EXIT_FAILED;
}

async function verify(client: AdminClient, say: Say, streams: Streams): Promise<number> {
  for await (const line of client.lines('verify', {})) {
    if (line.type === 'progress') {
      streams.progress(progressLine('verified', line.done, line.total));
      continue;
    }
    streams.progress('');
    if (line.type === 'damage') {
      say(`damaged: ${escapeText(line.message)}`, { event: 'damage', file: line.file, message: line.message });
      continue;
    }
    const { files, bytes, damaged } = line;
    say(`verified ${files} files, ${formatBytes(bytes)}; ${damaged} damaged`, {
      event: 'verified',
      files,
      bytes,
      damaged,
    });
    return damaged > 0 ? EXIT_FAILED : 0;
  }
  return EXIT_FAILED;
}

async function status(client: AdminClient, say: Say): Promise<number> {
  const answer = await client.ask('status', {});
  const { version, folder, pid, sinceMs, parallel, jobs, running, chunks, damage } = answer;
  say(
    [
      `backup server ${version}, process ${pid}, since ${formatTime(sinceMs)}`,
      `${jobs} registered, ${running.length} of at most ${parallel} running, ${chunks} chunks in ${folder}`,
      ...running.map(
        ({ node, path, entries, travelled }) =>
          `running: ${node} ${pathWords(path)}: ${entries} entries, ${formatBytes(travelled)} travelled`,
      ),
      ...damage.map((message) => `damaged: ${message}`),
    ],
    { event: 'status', ...answer },
  );
  return 0;
}
