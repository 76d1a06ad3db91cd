/**
 * A network and process namespace for the whole run, on Linux where one may have it: nobody else's datagrams are heard, the machine has
 * a second address, and nothing that a program started outlives the run, also after `kill -9`.
 */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Streams } from '../../shared/program/run-main';

/** Set in the environment of the run inside. */
const INSIDE = 'SERVENT_CONFORMANCE_INSIDE';
/** The second address inside: private, and not loopback. */
const SECOND_ADDRESS = '10.97.0.1';

const SETUP = `ip link set lo up && ip address add ${SECOND_ADDRESS}/32 dev lo`;

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
  const child = spawn(file!, words, { stdio: 'inherit', env: { ...streams.environment, [INSIDE]: '1' } });
  // In a terminal the run inside hears Ctrl-C by itself, and reports; whoever else ends this command ends all of it.
  streams.onSignal('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) streams.onSignal(signal, () => child.kill('SIGKILL'));
  const [status] = (await once(child, 'exit')) as [number | null];
  return status ?? 1;
}

/** The words that make a namespace here: as root, else as a user where the system lets users have one. */
function namespaceWords(): string[] | undefined {
  const words = ['unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const whole = [...words, ...user];
  const { status } = spawnSync(whole[0]!, [...whole.slice(1), 'sh', '-c', SETUP], { stdio: 'ignore', timeout: 5000 });
  return status === 0 ? whole : undefined;
}
