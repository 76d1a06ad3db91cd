/** Forms over HTTP through real replicas: followers serve the reads and hand the writes on, and a takeover loses nothing. */

import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { startProgram } from '../../shared/program/start-program';
import { monotonicClock } from '../../store/coordination/clock';
import { ZookeeperClient } from '../../store/coordination/zookeeper/client';
import { endAllCommands, ROOT } from '../support/commands';
import { doorOf, type ReplicaProcess, Replicas } from '../support/store/replicas';
import { isZookeeperInstalled } from '../support/store/zookeeper';

const HTTP = ['--http', '127.0.0.1:0'];

describe('forms over HTTP, as processes', function () {
  this.timeout(60_000);
  let replicas: Replicas;
  beforeEach(() => {
    replicas = new Replicas();
  });
  afterEach(async () => {
    await endAllCommands();
    replicas.remove();
  });

  it('are taken at any replica, found at all, and there after a takeover', async () => {
    const all = await replicas.startAll(3, [...HTTP, '--session', '0.5', '--ack', '0.4']);
    const [leader, second, third] = all.map(httpOf) as [string, string, string];
    expect(await post(second, { id: '1', genero: 'Femenino' })).to.equal(201);
    expect(await post(third, { id: '1' })).to.equal(409);
    expect(await post(leader, { id: '2' })).to.equal(201);
    // What the leader has confirmed its followers apply a moment later.
    for (const http of [leader, second, third]) {
      await until(
        async () => (await get(http, 'ObtenerTodosLosFormularios')) === '[{"id":"1","genero":"Femenino"},{"id":"2"}]',
      );
      expect(await get(http, 'ObtenerGeneros/Femenino')).to.equal('[{"id":"1","genero":"Femenino"}]');
    }
    const written = readFileSync(join(replicas.path, all[0]!.address.replace(':', '-'), 'sync_log.txt'), 'utf8');
    for (const { address } of all.slice(1)) {
      expect(written).to.match(
        new RegExp(
          `^[-\\d]+ [\\d:.]+Z - INFO - La sincronización ha sido satisfactoria para el archivo 0+1\\.jsonl \\(${address}, entradas \\d+ a \\d+\\)$`,
          'm',
        ),
      );
    }
    await replicas.kill(all[0]!);
    const statuses: number[] = [];
    await until(async () => {
      statuses.push(await post(third, { id: '3' }, 'again and again'));
      return statuses.at(-1) === 201;
    });
    expect(statuses.slice(0, -1).every((status) => status === 503)).to.equal(true);
    await until(async () => (await get(second, 'ObetenerUnFormulario/3')) === '{"id":"3"}');
    expect(await get(second, 'ObetenerUnFormulario/1')).to.equal('{"id":"1","genero":"Femenino"}');
  });

  it('of many with one id at all replicas at once exactly one is taken', async () => {
    const all = (await replicas.startAll(3, HTTP)).map(httpOf);
    for (let id = 0; id < 5; id++) {
      const statuses = await Promise.all([...all, ...all].map((http, n) => post(http, { id: `${id}`, n })));
      expect(statuses.sort()).to.deep.equal([201, 409, 409, 409, 409, 409]);
    }
  });

  it('are refused while fewer replicas are in sync than wanted', async () => {
    const leader = await replicas.start(undefined, [...HTTP, '--min-in-sync', '2']);
    await leader.until(/leads epoch/);
    const reply = await fetch(`http://${httpOf(leader)}/API/IngresarFormulario`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"id":"1"}',
    });
    expect(await reply.json()).to.deep.equal({
      status: 'error',
      message: 'El registro no se ha replicado en 2 nodos.',
    });
    expect([reply.status, reply.headers.get('retry-after')]).to.deep.equal([503, '1']);
  });
});

describe('npm run forms', function () {
  this.timeout(60_000);
  afterEach(endAllCommands);

  it('prints curl lines that work', async () => {
    const forms = startProgram(process.execPath, [join(ROOT, 'dist', 'store', 'forms.js')]);
    await forms.until(/Ctrl-C ends all/);
    const lines = [...forms.out().matchAll(/^ {2}(curl .+)$/gm)].map(([, line]) => line!);
    const replies: string[] = [];
    for (const line of lines) replies.push((await promisify(execFile)('bash', ['-c', `${line} --silent`])).stdout);
    const form = '{"id":"1234567890","nombres":"Ana","apellidos":"Pérez","genero":"Femenino"}';
    expect(replies.slice(0, -1)).to.deep.equal([
      '{"status":"ok","message":"Registro ingresado correctamente."}',
      '{"status":"error","message":"El registro ya existe en el sistema."}',
      form,
      `[${form}]`,
      `[${form}]`,
    ]);
    expect(JSON.parse(replies.at(-1)!)).to.include({ role: 'follower', epoch: 1 });
  });

  it('shows in ZooKeeper who is who, and leaves no replica and no ZooKeeper behind when it is killed', async function () {
    if (!isZookeeperInstalled()) this.skip();
    const forms = startProgram(process.execPath, [join(ROOT, 'dist', 'store', 'forms.js'), '--zookeeper']);
    await forms.until(/Ctrl-C ends all/);
    const [, zookeeper] = /^ZooKeeper serves at (\S+)$/m.exec(forms.out())!;
    const started = [...forms.out().matchAll(/\(pid (\d+)\), files in (\S+)/g)];
    const printed = [...forms.out().matchAll(/^http:\/\/(\S+) (leads|follows) /gm)].map(([, http, does]) => {
      return `${http} ${does === 'leads' ? 'leader' : 'follower'}`;
    });
    await until(async () => (await shownIn(zookeeper!)).join() === printed.sort().join());
    forms.child.kill('SIGKILL');
    for (const [, pid] of started) await until(async () => isGone(Number(pid)));
    await until(() => isRefused(zookeeper!));
    rmSync(join(started[0]![2]!, '..'), { recursive: true });
  });
});

function httpOf(replica: ReplicaProcess): string {
  return doorOf(replica, 'http');
}

async function post(http: string, form: object, key?: string): Promise<number> {
  const { status, body } = await fetch(`http://${http}/API/IngresarFormulario`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) },
    body: JSON.stringify(form),
  });
  await body?.cancel();
  return status;
}

async function get(http: string, path: string): Promise<string> {
  return (await fetch(`http://${http}/API/${path}`)).text();
}

/** Addresses and roles of the replicas, as ZooKeeper's nodes show them to people. */
async function shownIn(zookeeper: string): Promise<string[]> {
  const ignore = (): void => {};
  const client = await new Promise<ZookeeperClient>((resolve) => {
    const events = { expired: ignore, changed: ignore, answered: ignore, connected: () => resolve(opened) };
    const opened: ZookeeperClient = new ZookeeperClient(zookeeper, 8000, monotonicClock, events);
  });
  try {
    const nodes = await client.children('/members');
    const texts = await Promise.all(
      nodes.map(async (node) => (await client.get(`/members/${node}`))?.data?.toString() ?? '{}'),
    );
    return texts
      .map((text) => JSON.parse(text) as { http: string; role: string })
      .map(({ http, role }) => `${http} ${role}`)
      .sort();
  } finally {
    await client.close();
  }
}

function isGone(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
}

function isRefused(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const [host, port] = address.split(':');
    const socket = connect(Number(port), host, () => socket.destroy());
    socket.on('error', () => resolve(true)).on('close', () => resolve(false));
  });
}

/** Asks until it is so; the test's own limit is the only one. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
