/** `backup server`: runs a server until a signal or an admin ends it, and prints what happens. */

import { setFlagsFromString } from 'node:v8';
import { escapeText } from '../../shared/escape';
import { interrupted, type Streams } from '../../shared/program/run-main';
import type { ServerOptions } from '../options';
import { readTextFile, readToken } from '../text-file';
import { runWords } from '../words';
import { BackupServer } from './server';

/**
 * The server lives long and needs little, but a run makes much garbage: the space for new objects stays as large as it is when the program
 * has been loaded, instead of growing to 48 MiB, and the rest of the heap is collected when it has doubled, not when it has quadrupled.
 */
const SMALL_HEAP = ['--semi-space-growth-factor=1', '--heap-growing-percent=100'];

/** Runs the command. Gives the exit status. @throws OperatorError */
export async function runServer(options: ServerOptions, streams: Streams): Promise<number> {
  const { folder, listen, parallel, bandwidth, tokenFile, tlsCaFile, simpleListen, json } = options;
  for (const flag of SMALL_HEAP) setFlagsFromString(flag);
  const say = (line: string, event: object): void => streams.out(json ? JSON.stringify(event) : line);
  const ended = interrupted(streams);
  const server = await BackupServer.start({
    ...listen,
    folder,
    parallel,
    bandwidth,
    simpleListen,
    token: await readToken(tokenFile),
    tlsCa: tlsCaFile === undefined ? undefined : await readTextFile(tlsCaFile, 'certificates'),
    onRun: (run) => say(runWords(run), { event: 'run', ...run }),
    onProblem: (message) => streams.err(`backup server: ${escapeText(message)}`),
  });
  say(`backup server listening on ${server.address}, copies in ${folder}`, {
    event: 'ready',
    address: server.address,
    folder,
  });
  // The person's signal is how a server is ended: no failure.
  await Promise.race([ended, server.shutdown]);
  await server.close();
  say('backup server has ended', { event: 'bye' });
  return 0;
}
