/** Commands in a real terminal, which `script` (util-linux) makes, and the keys that a person presses there. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { ROOT } from './commands';

export const CTRL_C = '\u0003';
export const CTRL_D = '\u0004';
export const CTRL_Z = '\u001a';
export const UP = '\u001b[A';

export interface Terminal {
  type: (keys: string) => void;
  /** Waits for a text behind what was awaited before, and gives what stood before it. */
  until: (text: string) => Promise<string>;
  ended: Promise<unknown>;
}

/** Bounded by what one test opens. */
let opened: ChildProcess[] = [];

/** Can terminals be made here? */
export function hasTerminals(): boolean {
  const { stdout } = spawnSync('script', ['--version'], { encoding: 'utf8' });
  return stdout?.includes('util-linux') ?? false;
}

/** Starts a command of a shell in a terminal, without colours and history but what `environment` says. */
export function openTerminal(command: string, environment: NodeJS.ProcessEnv): Terminal {
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: ROOT,
    env: { ...process.env, TERM: 'xterm', FORCE_COLOR: '', NO_COLOR: '', ...environment },
  });
  opened.push(child);
  let shown = '';
  let notify: () => void = () => {};
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    notify();
  });
  return {
    type: (keys) => void child.stdin.write(keys),
    until: async (text) => {
      while (!shown.includes(text)) await new Promise<void>((seen) => (notify = seen));
      const at = shown.indexOf(text);
      const before = shown.slice(0, at);
      shown = shown.slice(at + text.length);
      return before;
    },
    ended: once(child, 'close').then(() => child.exitCode),
  };
}

/** Ends what a test has left. */
export function endTerminals(): void {
  for (const child of opened) child.kill('SIGKILL');
  opened = [];
}
