/** The real commands as processes: started, awaited by what they print, and always ended. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export const ROOT = join(__dirname, '..', '..');

/** A running command and all that it printed so far. */
export interface Command {
  child: ChildProcessWithoutNullStreams;
  /** Everything on stdout and stderr so far. */
  out: () => string;
  err: () => string;
  /** Resolves once stdout or stderr matches; rejects when the command ends without. */
  until: (pattern: RegExp) => Promise<RegExpExecArray>;
  /** Closes standard input and waits for the end. */
  end: () => Promise<{ status: number | null; out: string; err: string }>;
}

const running = new Set<ChildProcessWithoutNullStreams>();

/** Starts a compiled command of this project, such as `servent`, with words and further environment. */
export function start(program: string, words: readonly string[], environment: NodeJS.ProcessEnv = {}): Command {
  const child = spawn(process.execPath, [join(ROOT, 'dist', program, 'main.js'), ...words], {
    cwd: ROOT,
    env: { ...process.env, DEBUG: '', ...environment },
  });
  running.add(child);
  let out = '';
  let err = '';
  const watchers = new Set<() => void>();
  const changed = (): void => {
    for (const watcher of watchers) watcher();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    changed();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
    changed();
  });
  // A command that ended reads no more; what is written to it then is of no concern.
  child.stdin.on('error', () => {});
  let closed = false;
  const close = once(child, 'close').then(() => {
    closed = true;
    running.delete(child);
    changed();
  });
  return {
    child,
    out: () => out,
    err: () => err,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const watch = (): void => {
          const match = pattern.exec(out) ?? pattern.exec(err);
          if (match) resolve(match);
          else if (closed) reject(new Error(`${program} ended without ${pattern}: ${out}${err}`));
          else return;
          watchers.delete(watch);
        };
        watchers.add(watch);
        watch();
      }),
    end: async () => {
      child.stdin.end();
      await close;
      return { status: child.exitCode, out, err };
    },
  };
}

/** Runs a command to its end, with text on standard input. */
export function runToEnd(
  program: string,
  words: readonly string[],
  input = '',
  environment: NodeJS.ProcessEnv = {},
): ReturnType<Command['end']> {
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
  return { ...command, address: ready[1] ?? `${ready[2]}:${ready[3]}` };
}

/** Ends whatever a test left running. */
export async function endAllCommands(): Promise<void> {
  for (const child of running) child.kill('SIGKILL');
  await Promise.all([...running].map((child) => once(child, 'close')));
}
