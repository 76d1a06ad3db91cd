import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ByteSource } from '../../../../backup/byte-source';
import { frameOf, readLines } from '../../../../backup/lines';
import { listNameOf } from '../../../../backup/list-runs';
import { blockSumsOf } from '../../../../backup/parts';
import type { FileRecord } from '../../../../backup/record';
import { LONG, USUAL } from '../../../../backup/repository/chunker';
import { readBlock } from '../../../../backup/repository/pack';
import { sumOf } from '../../../../backup/sum';
import {
  CHUNKS_PATH,
  type EndLine,
  LIST_PATH,
  PARTS_PATH,
  READ_PATH,
  REQUEST_MAX,
  SUM_PATH,
  WHOLE_PATH,
} from '../../../../backup/wire';
import { Served } from '../../../support/backup/served';
import { CERTIFICATE, KEY } from '../../../support/backup/tls';

const SECRET = 'not lent to anybody';

describe('an agent', () => {
  let served: Served;
  let root: string;
  let node: string;

  beforeEach(async () => {
    served = await Served.start();
    root = join(served.folder, 'lent');
    mkdirSync(join(root, 'folder'), { recursive: true });
    writeFileSync(join(root, 'folder', 'file'), 'contents');
    mkdirSync(join(served.folder, 'outside'));
    writeFileSync(join(served.folder, 'outside', 'secret'), SECRET);
    symlinkSync('../outside', join(root, 'out'));
    symlinkSync('../outside/secret', join(root, 'link'));
    node = await served.agent(root);
  });
  afterEach(() => served.end());

  describe('gives a hostile server nothing that is not below its root', () => {
    const trees = [
      '..',
      '../outside',
      'folder/../../outside',
      '/',
      '/etc',
      './folder',
      'folder//',
      'out/secret',
      'nul\0',
    ];
    for (const path of trees) {
      it(`as a tree at ${JSON.stringify(path)}`, async () => {
        for (const question of [SUM_PATH, LIST_PATH, READ_PATH, CHUNKS_PATH, PARTS_PATH, WHOLE_PATH]) {
          const body = { path, have: '', sum: '', files: [], file: '' };
          const { status, bytes } = await ask(question, body);
          expect(status, question).to.equal(403);
          expect(bytes.includes('secret')).to.equal(path.includes('secret'));
        }
      });
    }

    for (const file of [
      '../outside/secret',
      'out/secret',
      'link',
      '/etc/passwd',
      'folder/../../outside/secret',
      'folder',
      '',
    ]) {
      it(`as a file at ${JSON.stringify(file)}`, async () => {
        const lines = await linesOf(READ_PATH, { path: '', files: [file] });
        expect(lines).to.have.length(1);
        expect(lines[0]).to.include({ type: 'problem' });
        const chunks = [[0, SECRET.length, sumOf(Buffer.from(SECRET))]];
        const sent = await ask(CHUNKS_PATH, { path: '', files: [{ path: file, chunks }] });
        expect(sent.bytes).to.have.length(0);
        const base = [...chunks[0]!, SECRET.length, blockSumsOf(Buffer.from(SECRET), SECRET.length)];
        const parts = await ask(PARTS_PATH, { path: '', files: [{ path: file, chunks: [base] }] });
        expect(parts.status).to.equal(200);
        expect(parts.bytes).to.have.length(0);
        const whole = await ask(WHOLE_PATH, { path: '', file }).catch(() => ({ bytes: Buffer.alloc(0) }));
        expect(whole.bytes).to.have.length(0);
      });
    }

    it('as a list: links are named, and not followed', async () => {
      const lines = await linesOf(LIST_PATH, { path: '', have: '', sum: '' });
      const paths = lines.map((line) => (line as { path?: unknown }).path);
      expect(paths).to.deep.equal(['', 'folder', 'folder/file', 'link', 'out', undefined]);
    });
  });

  const refused: [what: string, path: string, init: RequestInit, status: number][] = [
    ['what is no JSON', LIST_PATH, { method: 'POST', body: '{' }, 400],
    ['JSON without a path', LIST_PATH, { method: 'POST', body: '{}' }, 400],
    ['a field that is missing', LIST_PATH, { method: 'POST', body: '{"path":""}' }, 400],
    ['another method', LIST_PATH, {}, 404],
    ['another question', '/v1/write', { method: 'POST', body: '{"path":""}' }, 404],
    ['a path that is not there', LIST_PATH, { method: 'POST', body: '{"path":"none","have":"","sum":""}' }, 404],
    [
      'a page in a browser',
      LIST_PATH,
      { method: 'POST', headers: { origin: 'http://evil' }, body: '{"path":""}' },
      403,
    ],
    ['a body without end', LIST_PATH, { method: 'POST', body: 'x'.repeat(REQUEST_MAX + 1) }, 413],
  ];
  for (const [what, path, init, status] of refused) {
    it(`refuses ${what} with ${status}`, async () => {
      const response = await fetch(`http://${node}${path}`, {
        ...init,
        headers: { connection: 'close', ...init.headers },
      });
      expect(response.status).to.equal(status);
      expect(((await response.json()) as { error: string }).error).to.be.a('string');
    });
  }

  it('takes questions in frames, and none that would be longer than it takes', async () => {
    const status = async (body: Buffer): Promise<number> =>
      (await fetch(`http://${node}${SUM_PATH}`, { method: 'POST', body: new Uint8Array(body) })).status;
    expect(await status(await frameOf(Buffer.from('{"path":""}')))).to.equal(200);
    expect(await status(await frameOf(Buffer.from('{"path":"no'.padEnd(REQUEST_MAX + 1))))).to.equal(400);
    const damaged = await frameOf(Buffer.from('{"path":""}'));
    expect(await status(damaged.subarray(0, damaged.length - 1))).to.equal(400);
  });

  it('takes parts only with as many sums as their base has blocks', async () => {
    const chunk = [0, SECRET.length, sumOf(Buffer.from(SECRET))];
    for (const base of [[], [1], [1, ''], [-1, ''], [1e9, ''], [100, 'AAAAA'], [64, 'AAAAAA'], [64, 5]]) {
      const body = { path: '', files: [{ path: 'folder/file', chunks: [[...chunk, ...base]] }] };
      expect((await ask(PARTS_PATH, body)).status, JSON.stringify(base)).to.equal(400);
    }
  });

  it('cuts long files into longer chunks for servers that say which are long, and all as ever for others', async () => {
    const size = 3 * LONG.max;
    writeFileSync(join(root, 'long'), Buffer.alloc(size));
    const lengthsOf = async (more: object): Promise<number[]> => {
      const [record] = (await linesOf(READ_PATH, { path: '', files: ['long'], ...more })) as FileRecord[];
      return record!.chunks!.map(([, length]) => length);
    };
    const wholeLengthsOf = async (more: object): Promise<number[]> => {
      const lengths: number[] = [];
      const source = new ByteSource([(await ask(WHOLE_PATH, { path: '', file: 'long', ...more })).bytes]);
      for (let block = await readBlock(source); block; block = await readBlock(source)) {
        for (const [, length] of block.chunks) lengths.push(length);
      }
      return lengths;
    };
    for (const told of [lengthsOf, wholeLengthsOf]) {
      expect(await told({ longFrom: size - 1 })).to.deep.equal([LONG.max, LONG.max, LONG.max]);
      for (const usual of [{}, { longFrom: size }]) {
        expect(new Set(await told(usual)), JSON.stringify(usual)).to.deep.equal(new Set([USUAL.max]));
      }
    }
    for (const longFrom of [-1, '1', null, 0.5]) {
      expect((await ask(READ_PATH, { path: '', files: [], longFrom })).status).to.equal(400);
      expect((await ask(WHOLE_PATH, { path: '', file: 'long', longFrom })).status).to.equal(400);
    }
  });

  it('sends no chunk that is longer than any, nor parts of a longer base than its chunk may have', async () => {
    const status = async (question: string, length: number, ...base: unknown[]): Promise<number> => {
      const chunks = [[0, length, 'a sum', ...base]];
      return (await ask(question, { path: '', files: [{ path: 'folder/file', chunks }] })).status;
    };
    expect(await status(CHUNKS_PATH, LONG.max)).to.equal(200);
    expect(await status(CHUNKS_PATH, LONG.max + 1)).to.equal(400);
    for (const { max } of [USUAL, LONG]) {
      const base = Buffer.alloc(4 * max + 1);
      const ofBase = (length: number): unknown[] => [length, blockSumsOf(base.subarray(0, length), max)];
      expect(await status(PARTS_PATH, max, ...ofBase(4 * max))).to.equal(200);
      expect(await status(PARTS_PATH, max, ...ofBase(4 * max + 1))).to.equal(400);
    }
  });

  it('lists only entries that have changed, with what is in them, to who got a list that it remembers', async () => {
    const end = (await linesOf(LIST_PATH, { path: '', have: '', sum: '' })).at(-1) as EndLine;
    const last = listNameOf(end.sum);
    const told = await linesOf(SUM_PATH, { path: '', last });
    expect(told).to.deep.equal([{ type: 'end', sum: end.sum, parts: true }]);
    writeFileSync(join(root, 'folder', 'file'), 'other');
    const [now] = (await linesOf(SUM_PATH, { path: '', last })) as EndLine[];
    expect(now).to.include({ remembers: true });
    const lines = await linesOf(LIST_PATH, { path: '', have: '', sum: now!.sum, last });
    expect(lines).to.have.length(4);
    expect(lines[0]).to.deep.equal({ type: 'entries', first: 0, count: 2 });
    expect(lines[1]).to.deep.include({ path: 'folder/file', chunks: [[sumOf(Buffer.from('other')), 5]] });
    expect(lines[2]).to.deep.equal({ type: 'entries', first: 3, count: 2 });
    expect((await linesOf(SUM_PATH, { path: '', last: 'another' }))[0]).to.not.include.keys('remembers');
    expect(await linesOf(LIST_PATH, { path: '', have: '', sum: '', last: 'another' })).to.have.length(6);
  });

  it('keeps a connection for a server that is long at work between two questions', async () => {
    const response = await fetch(`http://${node}${SUM_PATH}`, { method: 'POST', body: '{"path":""}' });
    await response.arrayBuffer();
    expect(response.headers.get('keep-alive')).to.equal('timeout=180');
  });

  it('that is paranoid has files read that look as before', async () => {
    for (const paranoid of [false, true]) {
      const questions: string[] = [];
      const onQuestion = (_peer: string, question: string): void => void questions.push(question);
      const agent = await served.agent(root, { paranoid, onQuestion });
      await served.register(agent, '');
      expect((await served.run(agent, '')).outcome).to.equal('copied');
      questions.length = 0;
      expect((await served.run(agent, '')).outcome).to.equal('unchanged');
      expect(questions).to.deep.equal(paranoid ? [SUM_PATH, LIST_PATH, READ_PATH] : [SUM_PATH]);
    }
  });

  it('serves over TLS whom its certificate convinces, and nobody else', async () => {
    const tls = await served.agent(root, { token: 'token', tls: { key: KEY, cert: CERTIFICATE } });
    await served.server.close();
    await served.restart({ tlsCa: CERTIFICATE });
    await served.register(tls, '', { tls: true, token: 'token' });
    expect(await served.run(tls, '')).to.include({ outcome: 'copied', entries: 5 });
    await served.server.close();
    await served.restart();
    expect((await served.run(tls, '')).error).to.match(/got DEPTH_ZERO_SELF_SIGNED_CERT/);
    await served.register(tls, '', { tls: false, token: 'token' });
    expect((await served.run(tls, '')).outcome).to.equal('failed');
  });

  async function linesOf(question: string, body: object): Promise<object[]> {
    const lines: object[] = [];
    const { bytes } = await ask(question, body);
    for await (const line of readLines(new ByteSource([bytes]))) lines.push(line as object);
    return lines;
  }

  async function ask(question: string, body: object): Promise<{ status: number; bytes: Buffer }> {
    const response = await fetch(`http://${node}${question}`, { method: 'POST', body: JSON.stringify(body) });
    return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
  }
});
