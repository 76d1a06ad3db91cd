/** Servents of ours as neighbours of the program under test: processes of their own, never a core in here. */

import { join } from 'node:path';
import type { Endpoint } from '../../shared/endpoint';
import { formatEndpoint } from '../../shared/endpoint';
import { readyEvent, startProgram } from '../../shared/program/start-program';
import type { Ground } from '../ground';
import { onLoopback } from './messages';

const SERVENT = join(__dirname, '..', '..', 'servent', 'main');

/** Starts a servent of ours at a port of its own, and gives its endpoint once it serves. */
export async function startOurs(
  ground: Ground,
  { name, port, holds, knows }: { name: string; port: number; holds: string; knows: readonly Endpoint[] },
): Promise<Endpoint> {
  const file = ground.write(`${name}.txt`, holds);
  const words = [SERVENT, '--json', '--bind', '127.0.0.1', String(port), file, ...knows.map(formatEndpoint)];
  const program = startProgram(process.execPath, [...process.execArgv, ...words], { tied: true });
  ground.whenEnded(() => program.stop());
  await readyEvent(program, `a servent of ours, ${name},`);
  return onLoopback(port);
}
