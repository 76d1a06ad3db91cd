/** The real commands as processes: started, awaited by what they print, and always ended. */

import { join } from 'node:path';
import { type Ended, endPrograms, type Program, startProgram } from '../../shared/program/start-program';

export const ROOT = join(__dirname, '..', '..');

/** A running command and all that it printed so far. */
export type Command = Program;

/** The script of a compiled command of this project, such as `servent`. */
export function scriptOf(program: string): string {
  return join(ROOT, 'dist', program, 'main.js');
}

/** Starts a compiled command with words and further environment. */
export function start(program: string, words: readonly string[], environment: NodeJS.ProcessEnv = {}): Command {
  const command = [scriptOf(program), ...words];
  return startProgram(process.execPath, command, { cwd: ROOT, tied: true, environment: { DEBUG: '', ...environment } });
}

/** Runs a command to its end, with text on standard input. */
export function runToEnd(
  program: string,
  words: readonly string[],
  input: string | Uint8Array = '',
  environment: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const command = start(program, words, environment);
  command.child.stdin.write(input);
  return command.end();
}

/** Starts a servent on loopback, and gives it with its `ip:port` once it serves. */
export async function startServentCommand(
  file: string,
  words: readonly string[] = [],
  environment: NodeJS.ProcessEnv = {},
): Promise<Command & { address: string }> {
  const command = start('servent', ['0', file, '--bind', '127.0.0.1', ...words], environment);
  const ready = await command.until(/listening on (\S+),|"address":"([^"]+)","port":(\d+)/);
  return Object.assign(command, { address: ready[1] ?? `${ready[2]}:${ready[3]}` });
}

/** Ends whatever a test left running. */
export const endAllCommands = endPrograms;
