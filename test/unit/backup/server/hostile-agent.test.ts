import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { compress } from '@mongodb-js/zstd';
import { expect } from 'chai';
import { LineWriter } from '../../../../backup/lines';
import { CHUNKS_MAX } from '../../../../backup/repository/chunker';
import type { Run } from '../../../../backup/repository/history';
import { encodeBlockHeader } from '../../../../backup/repository/pack';
import { sumOf } from '../../../../backup/sum';
import { CHUNKS_PATH, LIST_PATH, READ_PATH, WHOLE_PATH } from '../../../../backup/wire';
import { compressFrame } from '../../../../backup/zstd-frame';
import { Served } from '../../../support/backup/served';

const ATTRIBUTES = { mode: 0o644, uid: 0, gid: 0, mtime: '0' };
const IDENTITY = { ctime: '0', dev: 0, ino: '0' };
const ROOT = { type: 'folder', path: '', ...ATTRIBUTES };
const FILE = { type: 'file', path: 'a', size: 4, ...ATTRIBUTES, ...IDENTITY };
const END = { type: 'end', sum: 'x' };
const EVIL = Buffer.from('evil');
const CHUNK = [sumOf(EVIL), 4] as const;
const READ = { ...FILE, chunks: [CHUNK] };

/** What an agent answers to each question; a missing one ends without a word. */
type Answers = Record<string, (response: ServerResponse) => unknown>;

describe('a hostile agent fails its run alone', () => {
  let served: Served;
  let good: string;

  beforeEach(async () => {
    served = await Served.start();
    const root = join(served.folder, 'lent');
    mkdirSync(root);
    writeFileSync(join(root, 'file'), 'contents');
    good = await served.agent(root);
    await served.register(good, '');
  });
  afterEach(async () => {
    expect((await served.run(good, '')).outcome).to.not.equal('failed');
    await served.end();
  });

  const lists: [what: string, lines: object[], error: RegExp][] = [
    ['a name with ..', [ROOT, { ...FILE, path: '../a' }, END], /expected a record/],
    ['an absolute name', [ROOT, { ...FILE, path: '/etc/passwd' }, END], /expected a record/],
    ['a name with a NUL', [ROOT, { ...FILE, path: 'a\0' }, END], /expected a record/],
    ['an empty part', [ROOT, { ...FILE, path: 'a//b' }, END], /expected a record/],
    ['a size below nothing', [ROOT, { ...FILE, size: -1 }, END], /expected a record/],
    ['a size that is no number', [ROOT, { ...FILE, size: '4' }, END], /expected a record/],
    ['another mode', [ROOT, { ...FILE, mode: 0o100644 }, END], /expected a record/],
    ['a record of nothing', [ROOT, { type: 'device', path: 'a' }, END], /expected a record/],
    ['contents of another length', [ROOT, { ...READ, size: 5 }, END], /expected chunks of 5 bytes, got 4/],
    ['no order', [ROOT, { ...FILE, path: 'b' }, FILE, END], /expected a list in order/],
    ['a name twice', [ROOT, FILE, FILE, END], /expected a list in order/],
    ['no end', [ROOT], /expected the end of the list/],
  ];
  for (const [what, lines, error] of lists) {
    it(`that lists ${what}`, async () => {
      expect((await runAgainst({ [LIST_PATH]: (response) => sendLines(response, lines) })).error).to.match(error);
    });
  }

  const reads: [what: string, lines: object[], error: RegExp][] = [
    ['another file', [{ ...READ, path: 'b' }], /expected what is in "a", got "b"/],
    ['chunks of another length', [{ ...READ, size: 5 }], /expected chunks of 5 bytes, got 4/],
    ['a chunk longer than any', [{ ...READ, size: 1e9, chunks: [[CHUNK[0], 1e9]] }], /expected a record/],
    ['a sum that is none', [{ ...READ, chunks: [['../../x', 4]] }], /expected a record/],
    ['nothing', [], /expected 1 records, got 0/],
    ['too much', [READ, READ], /expected 1 records, got more/],
  ];
  for (const [what, lines, error] of reads) {
    it(`that reads ${what}`, async () => {
      const run = await runAgainst({
        [LIST_PATH]: (response) => sendLines(response, [ROOT, FILE, END]),
        [READ_PATH]: (response) => sendLines(response, lines),
      });
      expect(run.error).to.match(error);
    });
  }

  it('that sends other contents than it said', async () => {
    expect((await sending(await block([CHUNK], Buffer.from('good')))).error).to.match(
      /expected chunks with their sums/,
    );
  });

  it('that sends what was not asked for, or the same again', async () => {
    const other = Buffer.from('more');
    expect((await sending(await block([[sumOf(other), 4]], other))).error).to.match(/expected the chunks asked for/);
    const once = await block([CHUNK], EVIL);
    expect((await sending(Buffer.concat([once, once]))).error).to.match(/expected the chunks asked for/);
  });

  it('that sends a few bytes which become gigabytes', async () => {
    const bomb = await compress(Buffer.alloc(64 * 1024 * 1024));
    const header = encodeBlockHeader([CHUNK], bomb.length);
    expect((await sending(Buffer.concat([header, bomb]))).error).to.match(/expected chunks with their sums/);
  });

  it('that cuts off in the middle', async () => {
    const whole = await block([CHUNK], EVIL);
    expect((await sending(whole.subarray(0, whole.length - 1))).error).to.match(/expected a block/);
    const run = await runAgainst({
      [LIST_PATH]: async (response) => {
        const writer = new LineWriter();
        writer.add(ROOT);
        response.write(await writer.end(), () => response.destroy());
      },
    });
    expect(run.error).to.match(/expected an agent at .*, got ECONNRESET/);
  });

  it('that never says that a file stands still: the file is kept as it is read once, and marked', async () => {
    let asked = 0;
    const run = await runAgainst({
      [LIST_PATH]: (response) => sendLines(response, [ROOT, FILE, END]),
      [READ_PATH]: (response) => sendLines(response, [READ]),
      [CHUNKS_PATH]: (response) => response.end(void asked++),
      [WHOLE_PATH]: async (response) =>
        response.end(await block([[sumOf(Buffer.from('torn')), 4]], Buffer.from('torn'))),
    });
    expect(asked).to.equal(3);
    expect(run).to.include({ outcome: 'copied', bytes: 4 });
  });

  it('that never ends a file that changes all the time: the file is left out, and named', async function () {
    // Sums of a million chunks are made.
    this.timeout(60_000);
    const letter = Buffer.from('x');
    const many = 10_000;
    const endless = await block(new Array(many).fill([sumOf(letter), 1]), Buffer.alloc(many, letter));
    let sent = 0;
    const run = await runAgainst({
      [LIST_PATH]: (response) => sendLines(response, [ROOT, FILE, END]),
      [READ_PATH]: (response) => sendLines(response, [READ]),
      [CHUNKS_PATH]: (response) => response.end(),
      [WHOLE_PATH]: (response) => {
        const send = (): void => {
          while (!response.closed && response.write(endless)) sent++;
        };
        response.on('drain', send);
        send();
      },
    });
    expect(run).to.deep.include({ outcome: 'copied', bytes: 0 });
    expect(run.problems).to.deep.equal([['a', 'expected at most 1000000 chunks, got more']]);
    expect(sent * many).to.be.below(100 * CHUNKS_MAX);
  });

  function sending(bytes: Buffer): Promise<Run> {
    return runAgainst({
      [LIST_PATH]: (response) => sendLines(response, [ROOT, FILE, END]),
      [READ_PATH]: (response) => sendLines(response, [READ]),
      [CHUNKS_PATH]: (response) => response.end(bytes),
    });
  }

  async function runAgainst(answers: Answers): Promise<Run> {
    const listener: RequestListener = (request, response) => {
      request.resume();
      const answer = answers[request.url ?? ''];
      if (answer) answer(response);
      else response.end();
    };
    const node = await served.serve(createServer(listener));
    await served.register(node, 'x');
    return served.run(node, 'x');
  }
});

async function sendLines(response: ServerResponse, lines: readonly object[]): Promise<void> {
  const writer = new LineWriter();
  for (const line of lines) writer.add(line);
  response.end(await writer.end());
}

async function block(chunks: readonly (readonly [string, number])[], contents: Buffer): Promise<Buffer> {
  const frame = await compressFrame(contents);
  return Buffer.concat([encodeBlockHeader(chunks, frame.length), frame]);
}
