import { once } from 'node:events';
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { portOf, Served } from '../../../support/backup/served';

describe('a backup server', () => {
  let served: Served;
  let root: string;

  beforeEach(async () => {
    served = await Served.start();
    root = join(served.folder, 'lent');
    mkdirSync(join(root, 'letters', 'old'), { recursive: true });
    writeFileSync(join(root, 'letters', 'one'), 'one');
    writeFileSync(join(root, 'letters', 'old', 'two'), 'two');
    symlinkSync('one', join(root, 'letters', 'link'));
  });
  afterEach(() => served.end());

  it('makes a copy of what is registered, and none when nothing has changed', async () => {
    const node = await served.agent(root);
    await served.register(node, 'letters');
    expect(await served.run(node, 'letters')).to.include({ outcome: 'copied', copy: 1, entries: 5, bytes: 6 });
    const again = await served.run(node, 'letters');
    expect(again.outcome).to.equal('unchanged');
    expect(again.travelled).to.be.below(200);
    appendFileSync(join(root, 'letters', 'one'), '!');
    expect(await served.run(node, 'letters')).to.include({ outcome: 'copied', copy: 2, bytes: 7 });
    const { copies } = await served.admin.ask('query', { node: '127.0.0.1', path: 'letters' });
    expect(copies.map(({ copy }) => copy)).to.deep.equal([2, 1]);
    expect(await verified()).to.equal(0);
  });

  it('keeps as many copies as were asked for, and shows those that are gone', async () => {
    const node = await served.agent(root);
    await served.register(node, '', { keep: 2 });
    for (let i = 0; i < 4; i++) {
      writeFileSync(join(root, 'letters', 'one'), `change ${i}`);
      await served.run(node, '');
    }
    const { copies } = await served.admin.ask('query', { node, path: '' });
    expect(copies.map(({ copy }) => copy)).to.deep.equal([undefined, undefined, 2, 1]);
  });

  it('keeps registry, record and copies when it is started again', async () => {
    const node = await served.agent(root);
    await served.register(node, 'letters');
    await served.run(node, 'letters');
    await served.server.close();
    await served.restart();
    const { jobs } = await served.admin.ask('list', {});
    expect(jobs).to.have.length(1);
    expect(jobs[0]).to.include({ node, path: 'letters', keep: 10, failures: 0 });
    expect((await served.run(node, 'letters')).outcome).to.equal('unchanged');
  });

  it('records a run that fails, and changes nothing', async () => {
    const node = await served.agent(root);
    await served.register(node, 'nowhere');
    const run = await served.run(node, 'nowhere');
    expect(run).to.include({ outcome: 'failed' });
    expect(run.error).to.match(/expected something at "nowhere", got ENOENT/);
  });

  it('records that nothing travelled to an agent that is not there', async () => {
    // The near end of a connection: nobody listens there, and nobody else is given the port meanwhile.
    const held = connect(portOf(await served.agent(root)), '127.0.0.1');
    await once(held, 'connect');
    const node = `127.0.0.1:${held.localPort}`;
    for (const wire of ['http', 'simple'] as const) {
      await served.register(node, wire, { wire });
      const run = await served.run(node, wire);
      expect(run, wire).to.include({ outcome: 'failed', travelled: 0 });
      expect(run.error, wire).to.match(/expected an agent at 127\.0\.0\.1:\d+, got ECONNREFUSED/);
    }
    held.destroy();
  });

  it('fetches from an agent only with its token', async () => {
    const node = await served.agent(root, { token: 'secret' });
    await served.register(node, 'letters', { token: 'guess' });
    expect((await served.run(node, 'letters')).error).to.match(/status 401/);
    await served.register(node, 'letters', { token: 'secret' });
    expect((await served.run(node, 'letters')).outcome).to.equal('copied');
  });

  it('answers admins only with its token, and no page in a browser', async () => {
    await served.server.close();
    await served.restart({ token: 'word' });
    expect((await served.admin.ask('list', {})).jobs).to.deep.equal([]);
    const url = `http://${served.server.address}/v1/admin/list`;
    const headers = { 'content-type': 'application/json', authorization: 'Bearer other' };
    expect((await fetch(url, { method: 'POST', body: '{}', headers })).status).to.equal(400);
    const origin = { authorization: 'Bearer word', origin: 'http://evil.example' };
    expect((await fetch(url, { method: 'POST', body: '{}', headers: { ...headers, ...origin } })).status).to.equal(400);
  });

  it('refuses a path out of the root, a frequency of nothing and a node that is none', async () => {
    for (const [node, path, more] of [
      ['127.0.0.1:1', '../up', {}],
      ['127.0.0.1:1', '/etc', {}],
      ['127.0.0.1:1', 'a', { everyMs: 0 }],
      ['127.0.0.1:1', 'a', { keep: 0 }],
      ['nobody', 'a', {}],
    ] as const) {
      const code = await served.register(node, path, more).then(
        () => 'registered',
        (error: { code: string }) => error.code,
      );
      expect(code, `${node} ${path}`).to.equal('usage');
    }
  });

  it('runs fifty agents at once, one of which hangs', async () => {
    const hanging = await served.serve(createServer(() => undefined));
    const nodes: string[] = [];
    for (let i = 0; i < 50; i++) nodes.push(await served.agent(root));
    await served.register(hanging, 'letters');
    for (const node of nodes) await served.register(node, 'letters');
    const runs = await Promise.all(nodes.map((node) => served.run(node, 'letters')));
    expect(runs.filter(({ outcome }) => outcome === 'failed')).to.deep.equal([]);
  });

  it('throws away the copies of what is unregistered when told to', async () => {
    const node = await served.agent(root);
    await served.register(node, 'letters');
    await served.run(node, 'letters');
    expect(await served.admin.ask('unregister', { node, path: 'letters', purge: true })).to.deep.equal({ purged: 1 });
    expect((await served.admin.ask('status', {})).chunks).to.equal(0);
  });

  it('ends when an admin asks for it', async () => {
    await served.admin.ask('shutdown', {});
    await served.server.shutdown;
  });

  async function verified(): Promise<number> {
    for await (const line of served.admin.lines('verify', {})) if (line.type === 'end') return line.damaged;
    throw new Error('expected an end');
  }
});
