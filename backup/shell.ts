/** The backup's commands: each is run by its own file. */

import type { Streams } from '../shared/program/run-main';
import { askServer } from './admin/commands';
import { runAgent } from './agent/command';
import type { BackupOptions } from './options';
import { runServer } from './server/command';

/** Runs a command. Gives the exit status. */
export function run(options: BackupOptions, streams: Streams): Promise<number> {
  if (options.command === 'server') return runServer(options, streams);
  if (options.command === 'agent') return runAgent(options, streams);
  return askServer(options, streams);
}
