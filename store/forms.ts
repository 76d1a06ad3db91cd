/**
 * `npm run forms`: a leader and two followers that serve forms over HTTP on loopback, and the curl lines to try; with
 * `-- --zookeeper`, coordinated by a ZooKeeper that is started beside them. All of it ends with this process.
 */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usageError } from '../shared/errors';
import { interrupted, runMain, type Streams } from '../shared/program/run-main';
import { endPrograms, type Program, readyEvent, startProgram } from '../shared/program/start-program';
import { startZookeeper, ZOOKEEPER_JARS } from './zookeeper-beside';

const FOLLOWERS = 2;

runMain('npm run forms', parse, run);

function parse(argv: readonly string[]): { options: { zookeeper: boolean } } {
  const unknown = argv.find((word) => word !== '--zookeeper');
  if (unknown !== undefined) throw usageError(`expected --zookeeper or nothing, got "${unknown}"`);
  const zookeeper = argv.length > 0;
  const missing = zookeeper && ZOOKEEPER_JARS.find((path) => !existsSync(path));
  if (missing) throw usageError(`expected ZooKeeper for --zookeeper (apt-get install zookeeper), got no ${missing}`);
  return { options: { zookeeper } };
}

interface Ready {
  address: string;
  port: number;
  http: string;
  folder: string;
}

async function run({ zookeeper }: { zookeeper: boolean }, streams: Streams): Promise<number> {
  const ended = interrupted(streams);
  const path = mkdtempSync(join(tmpdir(), 'forms-'));
  try {
    const servers = zookeeper ? await startZookeeper(join(path, 'zookeeper')) : undefined;
    const words = servers === undefined ? [] : ['--zookeeper', servers];
    const leader = await startReplica(path, words);
    await leader.program.until(/"role":"leader"/);
    const replicas = [leader];
    while (replicas.length <= FOLLOWERS) {
      const follower = await startReplica(path, [`${leader.address}:${leader.port}`, ...words]);
      await follower.program.until(/"role":"follower"/);
      replicas.push(follower);
    }
    for (const line of linesFor(replicas, servers)) streams.out(line);
    await ended;
    return 0;
  } finally {
    await endPrograms();
    rmSync(path, { recursive: true, force: true });
  }
}

async function startReplica(path: string, words: readonly string[]): Promise<Ready & { program: Program }> {
  const command = [join(__dirname, 'main.js'), path, '127.0.0.1:0', ...words, '--http', '127.0.0.1:0', '--json'];
  const program = startProgram(process.execPath, command, { tied: true });
  return { ...(await readyEvent<Ready>(program, 'a replica')), program };
}

/** Who is who, and what to try: each line that begins with blanks is a command. */
function linesFor(replicas: readonly (Ready & { program: Program })[], servers: string | undefined): string[] {
  const [leader, follower] = replicas.map(({ http }) => `http://${http}`) as [string, string];
  const form = '{"id":"1234567890","nombres":"Ana","apellidos":"Pérez","genero":"Femenino"}';
  return [
    ...(servers === undefined ? [] : [`ZooKeeper serves at ${servers}`]),
    ...replicas.map(({ http, folder, program }, n) => {
      return `http://${http} ${n === 0 ? 'leads  ' : 'follows'} (pid ${program.pid}), files in ${folder}`;
    }),
    'Try, from another terminal (any of them takes any of these):',
    `  curl -H 'content-type: application/json' -d '${form}' ${follower}/API/IngresarFormulario`,
    `  curl ${leader}/API/VerificaFormularioDuplicado/1234567890`,
    `  curl ${follower}/API/ObetenerUnFormulario/1234567890`,
    `  curl '${follower}/API/ObtenerTodosLosFormularios/*'`,
    `  curl ${follower}/API/ObtenerGeneros/Femenino`,
    `  curl ${follower}/status`,
    `Compare the logs: sha256sum ${join(replicas[0]!.folder, '..')}/*/log-*/*`,
    `Kill the leader, and look who leads: kill -9 ${replicas[0]!.program.pid}`,
    `All routes, to be tried: ${leader}/docs`,
    'Ctrl-C ends all.',
  ];
}
