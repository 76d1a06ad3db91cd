/** The backup's commands: each is run by its own file, which is loaded with all it needs only when it is run. */

import { setFlagsFromString } from 'node:v8';
import type { Streams } from '../shared/program/run-main';
import type { BackupOptions } from './options';

/** Newer engines than that of Node 20 have no such setting, and say so: they compile in smaller steps. */
const IS_SETTABLE = process.versions.v8.startsWith('11.');
/**
 * Bytes of bytecode that a function runs through before Node compiles it for speed, 15 times as many as by default: a run of some seconds
 * spent a fifth of its processor time on compiling what had little to do afterwards. What has much to do is compiled all the same.
 */
const COMPILED_AFTER = 1_000_000;

/** Runs a command. Gives the exit status. */
export function run(options: BackupOptions, streams: Streams): Promise<number> {
  if (IS_SETTABLE) setFlagsFromString(`--interrupt-budget=${COMPILED_AFTER}`);
  switch (options.command) {
    case 'server':
      return (require('./server/command') as typeof import('./server/command')).runServer(options, streams);
    case 'agent':
      return (require('./agent/command') as typeof import('./agent/command')).runAgent(options, streams);
    case 'demo':
      return (require('./demo/demo') as typeof import('./demo/demo')).runDemo(options, streams);
    case 'creator':
      return (require('./demo/creator') as typeof import('./demo/creator')).runCreator(options, streams);
    default:
      return (require('./admin/commands') as typeof import('./admin/commands')).askServer(options, streams);
  }
}
