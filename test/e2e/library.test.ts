/** The package as a library, and the README's example, which runs as it stands. */

import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type Answer,
  decode,
  encode,
  lookup,
  OperatorError,
  parseKeyValueFile,
  type Servent,
  startServent,
  WireError,
} from '../../index';
import { ROOT } from '../support/commands';

describe('the library', () => {
  const running: Servent[] = [];
  const start = async (...settings: Parameters<typeof startServent>): Promise<Servent> => {
    const servent = await startServent(...settings);
    running.push(servent);
    return servent;
  };
  afterEach(() => Promise.all(running.splice(0).map((servent) => servent.close())));

  const FILE = join(ROOT, 'fixtures/services-well-known.txt');

  it('starts servents, asks them, and gives the summary when no more answers come', async () => {
    const far = await start({ port: 0, file: FILE, bind: '127.0.0.1' });
    const near = await start({ port: 0, file: FILE, bind: '127.0.0.1', neighbours: [far.address], io: 'dgram' });
    const answers = lookup(near.address, 'ssh', { timeoutMs: 200 });
    const from: string[] = [];
    for (;;) {
      const next = await answers.next();
      if (next.done) {
        expect(next.value).to.include({ answers: 2, asked: 1, enough: false });
        break;
      }
      expect(Buffer.from(next.value.value).toString()).to.match(/^22\/tcp/);
      from.push(next.value.from);
    }
    expect(from).to.have.members([near.address, far.address]);
    expect(near.stats()).to.deep.include({ answers: 1, queries: 1, keys: 705 });
    expect(near.stats().received).to.deep.equal({ CLIREQ: 1, QUERY: 0, RESPONSE: 0, other: 0 });
  });

  it('ends a question with the reason of its signal', async () => {
    const servent = await start({ port: 0, file: FILE, bind: '127.0.0.1' });
    const giveUp = new AbortController();
    const answers = lookup(servent.address, 'ssh', { signal: giveUp.signal });
    await answers.next();
    const waiting = answers.next();
    giveUp.abort(new Error('enough'));
    expect(await waiting.catch((error: Error) => error.message)).to.equal('enough');
    expect(await answers.next()).to.deep.equal({ done: true, value: undefined });
  });

  it('tells at once, and in the end throws, where the system says that nobody listens', async function () {
    if (process.platform !== 'linux') this.skip();
    const codes: string[] = [];
    const answers = lookup('127.0.0.1:9', 'ssh', { timeoutMs: 100, onUnreachable: (code) => codes.push(code) });
    const error = await answers.next().then(
      () => undefined,
      (refusal) => refusal as OperatorError,
    );
    expect(error).to.be.instanceOf(OperatorError).with.property('code', 'unreachable');
    expect(error!.message).to.include('127.0.0.1:9');
    expect(codes).to.deep.equal(['ECONNREFUSED', 'ECONNREFUSED']);
  });

  it('serves in a thread too, whose end the process outlives', () => {
    // In a process of its own: this one has koffi loaded, and would keep it for the thread.
    const thread = `
      const { startServent } = require('./dist/index.js');
      startServent({ port: 0, pairs: [['a', '1']], bind: '127.0.0.1' }).then(({ address }) =>
        require('node:worker_threads').parentPort.postMessage(address));`;
    const script = `
      const { Worker } = require('node:worker_threads');
      const worker = new Worker(${JSON.stringify(thread)}, { eval: true });
      worker.once('message', async (address) => {
        await worker.terminate();
        console.log('ended', address);
      });`;
    const { status, signal, stdout } = spawnSync(process.execPath, ['-e', script], { cwd: ROOT, encoding: 'utf8' });
    expect({ status, signal }).to.deep.equal({ status: 0, signal: null });
    expect(stdout).to.match(/^ended 127\.0\.0\.1:\d+\n$/);
  });

  it('keeps answers for who comes for them late, while more come in', async () => {
    const peer = createSocket('udp4');
    peer.bind(0, '127.0.0.1');
    await once(peer, 'listening');
    const count = 500;
    const values = Array.from({ length: count }, (_, i) => `value ${i}`);
    peer.on('message', (_question, from) => {
      for (const value of values) peer.send(`\0\x03k\t${value}`, from.port, from.address);
    });
    const answers = lookup(`127.0.0.1:${peer.address().port}`, 'k', { count });
    const heard = [(await answers.next()).value as Answer];
    // All of them arrive before anybody asks for the second.
    for (let turn = 0; turn < 100; turn++) await new Promise((next) => setImmediate(next));
    for await (const answer of answers) heard.push(answer);
    peer.close();
    expect(heard.map(({ value }) => Buffer.from(value).toString())).to.have.members(values);
  });

  it('frees the socket of a question that is left early', async () => {
    const servent = await start({ port: 0, file: FILE, bind: '127.0.0.1' });
    for await (const { from } of lookup(servent.address, 'ssh')) {
      expect(from).to.equal(servent.address);
      break;
    }
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout')).to.have.length.below(2);
  });

  it('says what is wrong with a contact, a neighbour, a key', async () => {
    const codeOf = (work: Promise<unknown>): Promise<string> =>
      work.then(
        () => 'none',
        (error) => (error instanceof OperatorError || error instanceof WireError ? error.code : String(error)),
      );
    expect(await codeOf(lookup('nowhere', 'ssh').next())).to.equal('usage');
    expect(await codeOf(lookup('127.0.0.1:1', '').next())).to.equal('empty-key');
    for (const wrong of [
      { timeoutMs: Number.POSITIVE_INFINITY },
      { timeoutMs: Number.NaN },
      { timeoutMs: 0 },
      { count: 0 },
    ])
      expect(await codeOf(lookup('127.0.0.1:1', 'ssh', wrong).next()), JSON.stringify(wrong)).to.equal('usage');
    expect(await codeOf(startServent({ port: 0, file: FILE, neighbours: ['127.0.0.1'] }))).to.equal('usage');
    expect(await codeOf(startServent({ port: 0, file: 'no/such/file' }))).to.equal('file');
    for (const wrong of [
      { port: 65_536 },
      { port: 0.5 },
      { bind: 'localhost' },
      { advertise: '127.0.0.1' },
      { seenMax: 0 },
      { seenAgeMs: Number.NaN },
      { neighbours: Array.from({ length: 11 }, (_, i) => `127.0.0.1:${i + 1}`) },
    ]) {
      expect(await codeOf(startServent({ port: 0, file: FILE, ...wrong })), JSON.stringify(wrong)).to.equal('usage');
    }
  });

  it('reads its file at most once more for all who ask while it is being read', async () => {
    const servent = await start({ port: 0, file: FILE, bind: '127.0.0.1' });
    const first = servent.reload();
    await Promise.resolve();
    const later = Array.from({ length: 1000 }, () => servent.reload());
    expect(new Set([first, ...later])).to.have.property('size', 2);
    expect((await later[0]!).keys).to.equal(705);
    expect(servent.reload()).not.to.equal(later[0]);
  });

  it('can be asked at its address wherever it is bound', async () => {
    const servent = await start({ port: 0, file: FILE });
    expect(servent.bound).to.equal(`0.0.0.0:${servent.port}`);
    expect(servent.address).to.equal(`127.0.0.1:${servent.port}`);
    for await (const { from } of lookup(servent.address, 'ssh', { count: 1 })) expect(from).to.equal(servent.address);
  });

  it('serves the pairs of a Map, and takes in what changed in it', async () => {
    const pairs = new Map([['greeting', 'hello']]);
    const servent = await start({ port: 0, pairs, bind: '127.0.0.1' });
    pairs.set('greeting', 'good morning');
    expect((await servent.reload()).keys).to.equal(1);
    for await (const { value } of lookup(servent.address, 'greeting', { count: 1 })) {
      expect(Buffer.from(value).toString()).to.equal('good morning');
    }
  });

  it('refuses to reload once it is closed, also while it is being closed', async () => {
    const servent = await startServent({ port: 0, file: FILE, bind: '127.0.0.1' });
    const codeOf = (work: Promise<unknown>) => work.then(String, (error: OperatorError) => error.code);
    const underWay = codeOf(servent.reload());
    await servent.close();
    expect(await underWay).to.equal('closed');
    expect(await codeOf(servent.reload())).to.equal('closed');
    expect(servent.stats().keys).to.equal(705);
    await servent.close();
  });

  it('is closed by `await using`', async () => {
    const servent = await startServent({ port: 0, file: FILE, bind: '127.0.0.1' });
    await servent[Symbol.asyncDispose]();
    expect(await servent.reload().catch((error: OperatorError) => error.code)).to.equal('closed');
  });

  it('loads nothing that only the commands need', () => {
    for (const [door, forbidden] of [
      ['dist/index.js', /^(?!(lru-cache|debug|ms|supports-color|has-flag|servent)$)/],
      ['dist/client/index.js', /^(?!(lru-cache|debug|ms|supports-color|has-flag|servent)$)/],
      ['dist/backup/index.js', /^(yargs|lmdb|fastify|koffi|prom-client|node-zookeeper-client)$/],
    ] as const) {
      const list = `require('./${door}'); console.log(JSON.stringify(Object.keys(require.cache)))`;
      const { stdout } = spawnSync(process.execPath, ['-e', list], { cwd: ROOT, encoding: 'utf8' });
      const modules = JSON.parse(stdout) as string[];
      const packages = modules.map(
        (path) => /node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(path)?.[1] ?? 'servent',
      );
      expect(packages).to.include('lru-cache').and.include('servent');
      expect(
        [...new Set(packages)].filter((name) => forbidden.test(name)),
        door,
      ).to.deep.equal([]);
    }
  });

  it('parses key-value files and gives the codec', () => {
    const { pairs, problems } = parseKeyValueFile(Buffer.from('a 1\nb\n'));
    expect(Buffer.from(pairs.get('a')!).toString()).to.equal('1');
    expect(problems).to.deep.equal([
      { line: 2, code: 'no-value', message: 'expected a value after the key "b", the line ends' },
    ]);
    const query = Buffer.from('00020003c0000201c350000000076b', 'hex');
    expect(Buffer.from(encode(decode(query))).equals(query)).to.equal(true);
  });

  for (const [what, fence, extension] of [
    ['require', 'js', 'cjs'],
    ['import', 'mjs', 'mjs'],
  ]) {
    it(`runs the README's example for ${what}`, () => {
      const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
      const example = new RegExp(`\`\`\`${fence}\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1];
      expect(example).to.be.a('string');
      const folder = mkdtempSync(join(tmpdir(), 'servent-example-'));
      try {
        symlinkSync(ROOT, join(folder, 'servent'), 'junction');
        writeFileSync(join(folder, 'services.txt'), 'ssh 22/tcp\n');
        // A package finds itself by name from inside, so the example runs within a node_modules of its own.
        const nodeModules = mkdtempSync(join(folder, 'user-'));
        symlinkSync(folder, join(nodeModules, 'node_modules'), 'junction');
        writeFileSync(join(nodeModules, 'services.txt'), 'ssh 22/tcp\n');
        writeFileSync(join(nodeModules, `example.${extension}`), example!);
        const { stdout, stderr } = spawnSync(process.execPath, [`example.${extension}`], {
          cwd: nodeModules,
          encoding: 'utf8',
          timeout: 10_000,
        });
        expect(stderr).to.equal('');
        expect(stdout).to.match(/^127\.0\.0\.1:\d+ says 22\/tcp\n$/);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
