/** The backup's commands: each is run by its own file. */

import type { Streams } from '../shared/program/run-main';
import { askServer } from './admin/commands';
import { runAgent } from './agent/command';
import { runCreator } from './demo/creator';
import { runDemo } from './demo/demo';
import type { BackupOptions } from './options';
import { runServer } from './server/command';

/** Runs a command. Gives the exit status. */
export function run(options: BackupOptions, streams: Streams): Promise<number> {
  if (options.command === 'server') return runServer(options, streams);
  if (options.command === 'agent') return runAgent(options, streams);
  if (options.command === 'demo') return runDemo(options, streams);
  if (options.command === 'creator') return runCreator(options, streams);
  return askServer(options, streams);
}
