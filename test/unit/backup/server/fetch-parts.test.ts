import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { frameOf, LineWriter } from '../../../../backup/lines';
import { encodePartFrame } from '../../../../backup/part-frame';
import type { Run } from '../../../../backup/repository/history';
import { encodeBlockHeader } from '../../../../backup/repository/pack';
import { restore } from '../../../../backup/restore/restore';
import { sumOf } from '../../../../backup/sum';
import { CHUNKS_PATH, LIST_PATH, PARTS_PATH, READ_PATH, SUM_PATH } from '../../../../backup/wire';
import { compressFrame } from '../../../../backup/zstd-frame';
import { Served } from '../../../support/backup/served';
import { drawsOf } from '../../../support/seeded';

const OWNED = { mode: 0o644, uid: 0, gid: 0, mtime: '0' };
const WAS = noise(10_000, 1);
const NOW = changed(WAS, 5000, 10);

describe('a file of which a part has changed', () => {
  let served: Served;
  let root: string;

  beforeEach(async () => {
    served = await Served.start();
    root = join(served.folder, 'lent');
    mkdirSync(root);
  });
  afterEach(() => served.end());

  it('travels as that part, and comes back whole', async () => {
    const questions: string[] = [];
    const onQuestion = (_peer: string, question: string): void => void questions.push(question);
    const node = await served.agent(root, { onQuestion });
    await served.register(node, '');
    let [long, short] = [noise(400_000, 2), noise(3000, 3)];
    const write = (): void => {
      writeFileSync(join(root, 'long'), long);
      writeFileSync(join(root, 'short'), short);
    };
    write();
    expect((await served.run(node, '')).travelled).to.be.above(400_000);
    [long, short] = [changed(long, 200_000, 50), Buffer.concat([short, noise(100, 4)])];
    write();
    questions.length = 0;
    expect((await served.run(node, '')).travelled).to.be.below(8000);
    expect(questions).to.deep.equal([SUM_PATH, LIST_PATH, PARTS_PATH]);
    const target = join(served.folder, 'restored');
    const sent = await served.admin.bytes('restore', { node, path: '', copy: 1, below: '' });
    await restore(sent.bytes, target, { overwrite: false, name: '' }, () => {});
    expect(readFileSync(join(target, 'long')).equals(long)).to.equal(true);
    expect(readFileSync(join(target, 'short')).equals(short)).to.equal(true);
  });

  it('comes whole from an agent that knows no parts', async () => {
    const agent = await FakeAgent.start(served, false, []);
    expect(await agent.runs()).to.include({ outcome: 'copied', copy: 2 });
    expect(agent.asked).to.deep.equal([SUM_PATH, LIST_PATH, READ_PATH, CHUNKS_PATH]);
  });

  const unmade: [what: string, frames: Promise<Buffer>[]][] = [
    ['makes something else', [encodePartFrame([[0, [0, 0, 1, NOW.length - 283]]], [NOW])]],
    ['is not there', []],
  ];
  for (const [what, frames] of unmade) {
    it(`is asked for whole where the recipe ${what}`, async () => {
      const agent = await FakeAgent.start(served, true, frames);
      expect(await agent.runs()).to.include({ outcome: 'copied', copy: 2 });
      expect(agent.asked.slice(0, 5)).to.deep.equal([SUM_PATH, LIST_PATH, READ_PATH, PARTS_PATH, CHUNKS_PATH]);
    });
  }

  const whole = encodePartFrame([[0, [NOW.length]]], [NOW]);
  const refused: [what: string, frames: Promise<Buffer>[], error: RegExp][] = [
    ['twice', [whole, whole], /expected parts of the chunks asked for/],
    ['of another chunk', [encodePartFrame([[1, [NOW.length]]], [NOW])], /expected parts of the chunks asked for/],
    ['that make more than it is', [encodePartFrame([[0, [0, 0, 36, 0, 0, 36, 0]]], [])], /expected a recipe for 10000/],
    ['of what never came', [encodePartFrame([[0, [NOW.length]]], [])], /expected a recipe for 10000/],
    ['with numbers below nothing', [encodePartFrame([[0, [-1, 0, 1, 9]]], [])], /expected a frame of recipes/],
    ['without recipes', [encodePartFrame([], [])], /expected a frame of recipes/],
    ['that are no JSON', [frameOf(Buffer.from('{\n'))], /expected a frame of recipes/],
    ['without a line', [frameOf(Buffer.from('[[0,[0]]]'))], /expected a frame of recipes/],
    ['that are damaged', [whole.then((bytes) => Buffer.from(bytes).fill(0, 20, 30))], /expected a whole frame/],
    ['that are cut off', [whole.then((bytes) => bytes.subarray(0, 50))], /expected a whole frame/],
    ['that would be gigabytes', [frameOf(Buffer.alloc(8_000_000))], /expected a shorter frame/],
  ];
  for (const [what, frames, error] of refused) {
    it(`is refused in parts ${what}`, async () => {
      const agent = await FakeAgent.start(served, true, frames);
      const run = await agent.runs();
      expect(run.outcome).to.equal('failed');
      expect(run.error).to.match(error);
    });
  }
});

/** Lends one file, which changes between two runs, and answers with what it is given when it is asked for parts of it. */
class FakeAgent {
  /** In the second run. */
  readonly asked: string[] = [];
  readonly #served: Served;
  readonly #node: string;
  #contents = WAS;

  private constructor(served: Served, node: string) {
    this.#served = served;
    this.#node = node;
  }

  static async start(served: Served, parts: boolean, frames: Promise<Buffer>[]): Promise<FakeAgent> {
    let agent: FakeAgent;
    const server = createServer((request, response) => {
      request.resume();
      void agent.#answer(request.url!, parts, frames).then((bytes) => response.end(bytes));
    });
    agent = new FakeAgent(served, await served.serve(server));
    await served.register(agent.#node, 'x');
    return agent;
  }

  /** Runs once, lets the file change, and runs again. */
  async runs(): Promise<Run> {
    expect(await this.#served.run(this.#node, 'x')).to.include({ outcome: 'copied', copy: 1 });
    this.#contents = NOW;
    this.asked.length = 0;
    return this.#served.run(this.#node, 'x');
  }

  async #answer(question: string, parts: boolean, frames: Promise<Buffer>[]): Promise<Buffer> {
    this.asked.push(question);
    const sum = sumOf(this.#contents);
    const ctime = String(this.#contents[5000]);
    const listed = { type: 'file', path: 'a', size: WAS.length, ...OWNED, ctime, dev: 0, ino: '0' };
    const end = { type: 'end', sum };
    if (question === SUM_PATH) return lines([{ ...end, ...(parts ? { parts } : {}) }]);
    if (question === LIST_PATH) return lines([{ type: 'folder', path: '', ...OWNED }, listed, end]);
    if (question === READ_PATH) return lines([{ ...listed, chunks: [[sum, WAS.length]] }]);
    if (question === PARTS_PATH) return Buffer.concat(await Promise.all(frames));
    const frame = await compressFrame(this.#contents);
    return Buffer.concat([encodeBlockHeader([[sum, WAS.length]], frame.length), frame]);
  }
}

async function lines(objects: readonly object[]): Promise<Buffer> {
  const writer = new LineWriter();
  for (const object of objects) writer.add(object);
  return writer.end();
}

function changed(bytes: Buffer, at: number, length: number): Buffer {
  return Buffer.concat([bytes.subarray(0, at), noise(length, 9), bytes.subarray(at + length)]);
}

function noise(length: number, seed: number): Buffer {
  const draws = drawsOf(seed);
  return Buffer.from(Array.from({ length }, () => draws.below(256)));
}
