/**
 * A network and process namespace for the whole run, on Linux where one may have it: nobody else's datagrams are heard, the machine has
 * a second address, and nothing that a program started outlives the run, also after `kill -9`.
 */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interrupted, type Streams } from '../../shared/program/run-main';

/** Set in the environment of the run inside. */
const INSIDE = 'SERVENT_CONFORMANCE_INSIDE';
/** The second address inside: private, and not loopback. */
const SECOND_ADDRESS = '10.97.0.1';
/** So long a run that was interrupted has to end by itself, milliseconds. */
const INTERRUPTED_MS = 1000;

/** A port that has just been used can be used again at once, also by who does not ask the system for that. */
const NO_TIME_WAIT = 'echo 0 > /proc/sys/net/ipv4/tcp_max_tw_buckets';

const SETUP = `ip link set lo up && ip address add ${SECOND_ADDRESS}/32 dev lo && { ${NO_TIME_WAIT} || true; } 2> /dev/null`;

/** An address of this machine that is not on loopback and that only this run uses; undefined outside of a namespace. */
export function secondAddress(environment: NodeJS.ProcessEnv): string | undefined {
  return environment[INSIDE] === undefined ? undefined : SECOND_ADDRESS;
}

/** Runs this very command line inside, and gives its exit status; undefined where there is no namespace to be had, or it is inside. */
export async function runInside(streams: Streams): Promise<number | undefined> {
  if (secondAddress(streams.environment) !== undefined) return undefined;
  const unshare = namespaceWords();
  if (unshare === undefined) return undefined;
  const self = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const [file, ...words] = [...unshare, 'sh', '-c', `${SETUP} && exec "$@"`, 'sh', ...self];
  // However the run inside ends, what it and the programs left in their temporary folder goes.
  const folder = mkdtempSync(join(tmpdir(), 'servent-conformance-'));
  const env = { ...streams.environment, [INSIDE]: '1', TMPDIR: folder };
  const child = spawn(file!, words, { stdio: 'inherit', env });
  let stopped: number | undefined;
  void interrupted(streams).then((status) => {
    stopped = status;
    // In a terminal the run inside hears Ctrl-C by itself; whoever else ends this command ends all of it.
    setTimeout(() => child.kill('SIGKILL'), INTERRUPTED_MS);
  });
  const [status] = (await once(child, 'exit')) as [number | null];
  rmSync(folder, { recursive: true, force: true });
  return stopped ?? status ?? 1;
}

/** The words that make a namespace here: as root, else as a user where the system lets users have one. */
function namespaceWords(): string[] | undefined {
  const words = ['unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const whole = [...words, ...user];
  const { status } = spawnSync(whole[0]!, [...whole.slice(1), 'sh', '-c', SETUP], { stdio: 'ignore', timeout: 5000 });
  return status === 0 ? whole : undefined;
}
