/** What a write needs that two replicas are to have on disk, without a store: the flushes alone, and with the word for them. */

import { once } from 'node:events';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { startProgram } from '../../shared/program/start-program';
import { median } from '../servent/sections';
import { compileTs } from '../servent/tools';

/** What a line of the log has, bytes, more or less. */
const LINE = Buffer.alloc(330, 'a');
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_DSYNC;

/** The median time in which two files have taken a line each, flushed, both begun at once; microseconds. */
export async function twoFilesUs(folder: string, seconds: number): Promise<number> {
  const files = await Promise.all(['one', 'other'].map((name) => open(join(folder, name), FLAGS)));
  const timeUs = await timed(seconds, () => Promise.all(files.map((file) => file.write(LINE))));
  await Promise.all(files.map((file) => file.close()));
  return timeUs;
}

/** The same when the second file is another process's, which is sent the line and answers when it has flushed it. */
export async function twoProcessesUs(folder: string, seconds: number): Promise<number> {
  const peer = startProgram(process.execPath, [compileTs('flush-peer', folder, __dirname), join(folder, 'peer')]);
  const socket = connect(Number(await peer.line()), '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
  const file = openSync(join(folder, 'own'), FLAGS);
  const timeUs = await timed(seconds, async () => {
    const answered = once(socket, 'data');
    socket.write(LINE);
    writeSync(file, LINE);
    await answered;
  });
  closeSync(file);
  socket.destroy();
  await peer.stop();
  return timeUs;
}

async function timed(seconds: number, work: () => Promise<unknown>): Promise<number> {
  const timesUs: number[] = [];
  const endMs = performance.now() + seconds * 1000;
  for (let fromMs = performance.now(); fromMs < endMs; ) {
    await work();
    const nowMs = performance.now();
    timesUs.push((nowMs - fromMs) * 1000);
    fromMs = nowMs;
  }
  return median(timesUs);
}
