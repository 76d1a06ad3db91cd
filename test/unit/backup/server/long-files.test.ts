/** Files that are long for the agents here, which are told a smaller length than servers say, from one end to the other. */

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { ByteSource } from '../../../../backup/byte-source';
import { isLines, takeFrame } from '../../../../backup/lines';
import { encodePartFrame, type PlacedRecipe, takePartFrame } from '../../../../backup/part-frame';
import { CHUNKS_MAX, LONG, LONG_FROM } from '../../../../backup/repository/chunker';
import { readIndex } from '../../../../backup/repository/pack';
import { restore } from '../../../../backup/restore/restore';
import { readOf } from '../../../../backup/server/agent-lines';
import {
  BLOCK_BYTES,
  CHUNKS_PATH,
  LIST_PATH,
  PARTS_PATH,
  READ_PATH,
  REQUEST_MAX,
  SUM_PATH,
} from '../../../../backup/wire';
import { Served } from '../../../support/backup/served';

const MIB = 1024 * 1024;
/** More than what is told with a list. */
const LONG_HERE = 17 * MIB;

describe('a long file', function () {
  this.timeout(60_000);
  let served: Served;
  let root: string;
  let agent: Between;

  beforeEach(async () => {
    served = await Served.start();
    root = join(served.folder, 'lent');
    mkdirSync(root);
    agent = await Between.start(served, root);
  });
  afterEach(() => served.end());

  it('comes and goes back in longer chunks; of one that has changed only that part travels', async () => {
    const contents = noise(18 * MIB, 'contents');
    writeFileSync(join(root, 'image'), contents);
    expect(await agent.run()).to.include({ outcome: 'copied', bytes: contents.length });
    expect(agent.longFrom).to.equal(LONG_FROM);
    expect((await served.admin.ask('status', {})).chunks).to.be.within(6, 72);
    await comesBack(contents);
    noise(5000, 'change').copy(contents, 5 * MIB);
    writeFileSync(join(root, 'image'), contents);
    agent.asked.length = 0;
    expect((await agent.run()).travelled).to.be.below(30_000);
    expect(agent.asked).to.deep.equal([SUM_PATH, LIST_PATH, READ_PATH, PARTS_PATH]);
    await comesBack(contents);
  });

  it('that has just become one travels as what was added to it', async () => {
    const [before, added] = [noise(LONG_HERE, 'before'), noise(1000, 'added')];
    writeFileSync(join(root, 'log'), before);
    await agent.run();
    const contents = Buffer.concat([before, added]);
    writeFileSync(join(root, 'log'), contents);
    expect((await agent.run()).travelled).to.be.below(60_000);
    await comesBack(contents);
  });

  it('does not fill the memory with what many recipes in one frame make', async () => {
    writeFileSync(join(root, 'image'), noise(18 * MIB, 'contents'));
    await agent.run();
    // No chunk stays, and there is little that is new.
    const changed = noise(18 * MIB, 'contents');
    for (let at = 0; at < changed.length; at += LONG.min) changed[at]! ^= 1;
    writeFileSync(join(root, 'image'), changed);
    agent.joinsFrames = true;
    agent.asked.length = 0;
    expect((await agent.run()).outcome).to.equal('copied');
    expect(agent.asked).to.include(PARTS_PATH).and.to.not.include(CHUNKS_PATH);
    const files = readdirSync(join(served.folder, 'repository'), { recursive: true }) as string[];
    for (const pack of files.filter((file) => file.endsWith('.pack'))) {
      const bytes = readFileSync(join(served.folder, 'repository', pack));
      const blocks = await readIndex(bytes.length, async (at, length) => bytes.subarray(at, at + length), pack);
      for (const { chunks } of blocks) {
        const length = chunks.reduce((sum, [, each]) => sum + each, 0);
        expect(length).to.be.below(BLOCK_BYTES + LONG.max);
      }
    }
  });

  it('of which nothing is as before travels in frames that are as long as that takes', async () => {
    const fresh = noise(BLOCK_BYTES + LONG.max, 'fresh');
    const frame = await encodePartFrame([[7, [fresh.length]]], [fresh]);
    const taken = await takePartFrame(new ByteSource([frame]));
    expect(taken!.recipes).to.deep.equal([[7, [fresh.length]]]);
    expect(taken!.fresh.equals(fresh)).to.equal(true);
  });

  it('of chunks longer than any, or of too many, is refused', () => {
    const sum = 'A'.repeat(43);
    const file = { type: 'file', path: 'a', mode: 0, uid: 0, gid: 0, mtime: '0', ctime: '0', dev: 0, ino: '0' };
    const read = (length: number, count: number): unknown =>
      readOf({ ...file, size: length * count, chunks: new Array(count).fill([sum, length]) }, 'a');
    expect(read(LONG.max, 3)).to.be.an('object');
    expect(() => read(LONG.max + 1, 1)).to.throw(/expected a record/);
    expect(read(1, CHUNKS_MAX)).to.be.an('object');
    expect(() => read(1, CHUNKS_MAX + 1)).to.throw(/expected at most 1000000 chunks, got 1000001/);
  });

  async function comesBack(contents: Buffer): Promise<void> {
    const target = join(served.folder, `restored-${served.runs.length}`);
    const sent = await served.admin.bytes('restore', { node: agent.node, path: '', copy: 1, below: '' });
    await restore(sent.bytes, target, { overwrite: false, name: '' }, () => {});
    const [name] = readdirSync(target);
    expect(readFileSync(join(target, name!)).equals(contents)).to.equal(true);
    for await (const line of served.admin.lines('verify', {})) expect(line.type).to.not.equal('damage');
  }
});

/** Stands between the server and a real agent, and tells it of a smaller length from which on files are long. */
class Between {
  readonly asked: string[] = [];
  /** What the server said. */
  longFrom: number | undefined;
  /** All recipes of an answer go on in one frame. */
  joinsFrames = false;
  readonly #served: Served;
  readonly #agent: string;
  node = '';

  private constructor(served: Served, agent: string) {
    this.#served = served;
    this.#agent = agent;
  }

  static async start(served: Served, root: string): Promise<Between> {
    const between = new Between(served, await served.agent(root));
    const server = createServer((request, response) => {
      void between.#answer(request).then((bytes) => response.end(bytes));
    });
    between.node = await served.serve(server);
    await served.register(between.node, '');
    return between;
  }

  run(): ReturnType<Served['run']> {
    return this.#served.run(this.node, '');
  }

  async #answer(request: IncomingMessage): Promise<Buffer> {
    this.asked.push(request.url!);
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    const came = Buffer.concat(pieces);
    const text = isLines(came) ? await takeFrame(new ByteSource([came]), REQUEST_MAX) : came;
    const body = JSON.parse(String(text)) as { longFrom?: number };
    this.longFrom = body.longFrom ?? this.longFrom;
    if (body.longFrom !== undefined) body.longFrom = LONG_HERE;
    const answer = await fetch(`http://${this.#agent}${request.url}`, { method: 'POST', body: JSON.stringify(body) });
    const bytes = Buffer.from(await answer.arrayBuffer());
    return this.joinsFrames && request.url === PARTS_PATH ? joined(bytes) : bytes;
  }
}

async function joined(frames: Buffer): Promise<Buffer> {
  const source = new ByteSource([frames]);
  const recipes: PlacedRecipe[] = [];
  const fresh: Buffer[] = [];
  for (let frame = await takePartFrame(source); frame; frame = await takePartFrame(source)) {
    recipes.push(...frame.recipes);
    fresh.push(frame.fresh);
  }
  return encodePartFrame(recipes, fresh);
}

function noise(length: number, name: string): Buffer {
  return createHash('shake256', { outputLength: length }).update(name).digest();
}
