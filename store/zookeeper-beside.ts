/** Apache ZooKeeper as Debian installs it, started beside replicas on one machine, to try the store with it: one server on loopback. */

import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../shared/errors';
import { startProgram } from '../shared/program/start-program';

/** What Debian's packages zookeeper and libslf4j-java put there. */
export const ZOOKEEPER_JARS: readonly string[] = ['/usr/share/java/zookeeper.jar', '/usr/share/java/slf4j-simple.jar'];
/**
 * The command that serves what a configuration file says; the system ends it when its starter is gone, also after `kill -9`. Java
 * cannot listen for that itself, as our own programs do.
 */
export function zookeeperCommand(config: string): [file: string, ...words: string[]] {
  const java = ['java', '-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const logging = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
  const server = ['-cp', ZOOKEEPER_JARS.join(':'), 'org.apache.zookeeper.server.quorum.QuorumPeerMain', config];
  return ['setpriv', '--pdeathsig', 'KILL', ...java, logging, ...server];
}

/** Within this time it serves. */
const START_MS = 30_000;
const PAUSE_MS = 100;

/** Starts a server that keeps its files in a folder. Gives its `host:port`; it ends with `endPrograms`. @throws OperatorError `start` */
export async function startZookeeper(folder: string): Promise<string> {
  mkdirSync(folder);
  const port = await freePort();
  const config = join(folder, 'zoo.cfg');
  writeFileSync(
    config,
    `tickTime=500\ndataDir=${folder}\nclientPort=${port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n4lw.commands.whitelist=srvr\n`,
  );
  const [file, ...words] = zookeeperCommand(config);
  const program = startProgram(file, words);
  const deadlineMs = performance.now() + START_MS;
  // Its process is there long before it serves.
  while (!(await isServing(port))) {
    const gone = program.child.exitCode !== null || program.child.signalCode !== null;
    if (gone || performance.now() > deadlineMs) {
      throw new OperatorError(
        'start',
        `expected ZooKeeper to serve at 127.0.0.1:${port}, got: ${program.err().trim()}`,
      );
    }
    await sleep(PAUSE_MS);
  }
  return `127.0.0.1:${port}`;
}

/** Its `srvr` says a mode once it serves; other words answer too early. */
function isServing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write('srvr'));
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('data', (bytes) => {
      answer += bytes;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer.includes('Mode:')));
  });
}

/** Free a moment ago: ZooKeeper must be told its port. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await once(server.close(), 'close');
  return port;
}
