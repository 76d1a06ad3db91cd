/** The topology command as a person meets it: real servents for `check`, the simulator for the rest. */

import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { endAllCommands, ROOT, runToEnd, start } from '../support/commands';

describe('the topology command', () => {
  afterEach(endAllCommands);

  for (const [overlay, questions] of [
    ['line', 30],
    ['diamond', 42],
    ['directed-ring', 42],
  ] as const) {
    it(`check ${overlay} finds the real servents answer as predicted`, async () => {
      const { out, err, status } = await runToEnd('topologies', ['check', overlay, '--timeout', '0.2']);
      expect(err).to.equal('');
      expect(out).to.match(
        new RegExp(`^${overlay}: ${questions} of ${questions} questions answered as predicted \\(`, 'm'),
      );
      expect(status).to.equal(0);
    }).timeout(40_000);
  }

  it('check makes a kind of any size, asks of a large one the questions that tell, and prints JSON', async () => {
    const words = ['check', 'ring', '--servents', '14', '--timeout', '0.2', '--json'];
    const { out, err, status } = await runToEnd('topologies', words);
    expect([err, status]).to.deep.equal(['', 0]);
    const lines = out.trimEnd().split('\n').map((line) => JSON.parse(line)); // biome-ignore format: one sentence
    expect(lines.at(-1)).to.deep.equal({ overlay: 'ring', servents: 14, links: 14, questions: 28, wrong: 0 });
    expect(lines).to.have.length(29);
    const expected = ['s1', 's2', 's3', 's4', 's12', 's13', 's14'];
    expect(lines[0]).to.deep.equal({ at: 's1', key: 'marker-of-all', expected, answered: expected, askedAgain: false, ok: true }); // biome-ignore format: one row
  }).timeout(40_000);

  it('up makes a kind of any size, and serves at the port that is asked for', async () => {
    const port = await freePort();
    const words = ['up', 'line', '--servents', '1', '--port', String(port)];
    const { out, status } = await runToEnd('topologies', words);
    expect(out).to.match(new RegExp(`^s1 +127\\.0\\.0\\.1:${port} `, 'm'));
    expect(status).to.equal(0);
  });

  it('up --lab serves the page, and asks the same servents at the prompt', async () => {
    const { out, err, status } = await runToEnd('topologies', ['up', 'line', '--servents', '2', '--lab'], 'tcpmux\n');
    expect(out)
      .to.match(/^Open http:\/\/127\.0\.0\.1:\d+ in a browser/)
      .and.to.match(/TCP Port Service/i);
    expect([err.includes('Error'), status]).to.deep.equal([false, 0]);
  });

  it('up names the port that is taken', async () => {
    const taken = createSocket('udp4').bind(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address();
    const { err, status } = await runToEnd('topologies', ['up', 'line', '--servents', '1', '--port', String(port)]);
    taken.close();
    expect(err).to.equal(
      `topology: expected a UDP port that can be bound, got 127.0.0.1:${port}: the port is in use\n`,
    );
    expect(status).to.equal(1);
  });

  it('a missing file is told in the same sentence by every command', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'servent-test-'));
    try {
      const overlay = join(folder, 'mine.json');
      writeFileSync(overlay, JSON.stringify({ name: 'a', about: 'b', servents: [{ name: 's1', file: 'no.txt' }], links: [] })); // biome-ignore format: one sentence
      const told = async (words: readonly string[]) => (await runToEnd('topologies', words)).err;
      const pairs = new Set([
        await told(['up', overlay]),
        await told(['check', overlay]),
        await told(['trace', overlay, '--from', 's1', '--key', 'k']),
      ]);
      expect([...pairs]).to.have.length(1);
      expect([...pairs][0]).to.match(/^topology: [^\n]*no\.txt[^\n]*\n$/);
      const nothing = join(folder, 'nothing.json');
      const overlays = new Set([
        await told(['up', nothing]),
        await told(['check', nothing]),
        await told(['draw', nothing]),
        await told(['simulate', nothing]),
        await told(['trace', nothing, '--from', 's1', '--key', 'k']),
      ]);
      expect([...overlays]).to.have.length(1);
      expect([...overlays][0]).to.match(/^topology: [^\n]*nothing\.json[^\n]*\n$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }).timeout(40_000);

  it('list names overlays and kinds', async () => {
    const { out, status } = await runToEnd('topologies', ['list']);
    expect(out)
      .to.match(/^scale-free-200 +200 +397 /m)
      .and.match(/^random-regular +50 /m);
    expect(status).to.equal(0);
  });

  it('list and up mean the overlay even where a folder or file of its name is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'servent-test-'));
    try {
      mkdirSync(join(folder, 'ring'));
      writeFileSync(join(folder, 'star'), 'not an overlay');
      for (const words of [['list'], ['draw', 'ring']]) {
        const main = join(ROOT, 'dist/topologies/main.js');
        const { stderr, status } = spawnSync(process.execPath, [main, ...words], { cwd: folder, encoding: 'utf8' });
        expect([stderr, status]).to.deep.equal(['', 0]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('generate prints a topology file, and names what cannot be', async () => {
    const { out } = await runToEnd('topologies', ['generate', 'ring', '--servents', '4']);
    expect(JSON.parse(out)).to.have.property('links').with.length(4);
    expect(await runToEnd('topologies', ['generate', 'star', '--servents', '12'])).to.deep.equal({
      status: 2,
      out: '',
      err: 'topology: expected 2 to 11 servents for a star, got "12": a servent knows at most 10 others\n',
    });
  });

  it('simulate prints a row an overlay, as table, JSON or CSV, and no progress into a pipe', async () => {
    const words = ['simulate', 'line', 'mesh', '--questions', '20'];
    const table = await runToEnd('topologies', words);
    expect(table.err).to.equal('');
    expect(table.out)
      .to.match(/^mesh +6 +100 +6 +/m)
      .and.match(/^duplicates % {2}of a hundred QUERYs/m);
    const json = (await runToEnd('topologies', [...words, '--json'])).out.trimEnd().split('\n');
    expect(json.map((line) => JSON.parse(line).overlay)).to.deep.equal(['line', 'mesh']);
    const csv = (await runToEnd('topologies', [...words, '--csv'])).out.trimEnd().split('\n');
    expect(csv).to.have.length(3);
    expect(csv.map((line) => line.split(',').length)).to.deep.equal([17, 17, 17]);
    const again = await runToEnd('topologies', [...words, '--csv']);
    expect(again.out.trimEnd().split('\n')).to.deep.equal(csv);
  });

  for (const [words, word] of [
    [['simulate', 'ring', '--delay', 'often'], '"often"'],
    [['simulate', 'ring', '--delay', 'uniform:9-1'], '"uniform:9-1"'],
    [['simulate', 'ring', '--delay', 'uniform:1-2-3'], '"uniform:1-2-3"'],
    [['simulate', 'ring', '--loss', '101'], '"101"'],
    [['simulate', 'ring', '--json', '--csv'], 'got both'],
    [['simulate', 'ring', '--seed', 'x'], 'expected a whole number from 0 to 4294967295 for --seed, got "x"'],
    [['simulate', 'nix'], '"nix"'],
    [['trace', 'ring', '--from', 's9', '--key', 'ssh'], '"s9"'],
    [['draw', 'ring', '--svg', '--text'], '--svg, --text'],
    [['trace', 'ring', '--from', 's1', '--key', 'ssh', '--json', '--svg'], '--json'],
    [['up', 'ring', '--port', '65531'], '"65531"'],
    [['up', 'ring', '--servents', '501'], '501'],
    [['check', 'ring.json', '--servents', '7'], '"ring.json"'],
    [['draw', 'package.json'], 'unknown property'],
  ] as const) {
    it(`${words.join(' ')} is refused in one line that names the word`, async () => {
      const { out, err, status } = await runToEnd('topologies', words);
      expect(err)
        .to.match(/^topology: [^\n]*\n$/)
        .and.include(word);
      // Whoever reads JSON is told there too.
      const lines = out.split('\n').filter(Boolean);
      expect(lines.map((line) => JSON.parse(line).event)).to.deep.equal(
        words.some((w) => w === '--json') ? ['error'] : [],
      );
      expect(status).to.equal(words.join(' ') === 'draw package.json' ? 1 : 2);
    });
  }

  it('draw and trace print tables when asked to, and write files', async () => {
    expect((await runToEnd('topologies', ['draw', 'diamond', '--text'])).out).to.match(
      /^s6 +6 +protocols\.txt +s5 \(5 ms\)$/m,
    );
    const words = ['trace', 'diamond', '--from', 's1', '--key', 'held-by-nobody'];
    const { out } = await runToEnd('topologies', [...words, '--text']);
    expect(out).to.match(/^ *\d+\.\d {2}QUERY +s2 +s5 +2 {2}later copy with more hops left, passed on$/m);
    expect(out).to.include('6 of 6 servents heard, 0 answered, asked 2 times');
    const folder = mkdtempSync(join(tmpdir(), 'servent-test-'));
    try {
      const file = join(folder, 'flood.svg');
      expect((await runToEnd('topologies', [...words, '-o', file])).out).to.equal('');
      expect(readFileSync(file, 'utf8')).to.match(/<\/svg>\n$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('draw and trace print pictures; trace --json the same as lines', async () => {
    expect((await runToEnd('topologies', ['draw', 'grid'])).out).to.match(/^<\?xml(.|\n)*<\/svg>\n$/);
    const words = ['trace', 'line', '--from', 's1', '--key', 'tcpmux'];
    expect((await runToEnd('topologies', words)).out).to.include('4 of 5 servents heard, 3 answered');
    const lines = (await runToEnd('topologies', [...words, '--json'])).out.trimEnd().split('\n');
    const queries = lines.map((line) => JSON.parse(line)).filter(({ message }) => message === 'QUERY');
    expect(queries.map(({ from, to, ttl }) => `${from} ${to} ${ttl}`)).to.deep.equal(['s1 s2 3', 's2 s3 2', 's3 s4 1']);
  });

  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    it(`leaves no process behind after ${signal}: every port is free again`, async () => {
      const command = start('topologies', ['up', 'mesh']);
      await command.until(/^s6 .*\n/m);
      const exit = once(command.child, 'exit');
      command.child.kill(signal);
      await exit;
      const ports = [...command.out().matchAll(/127\.0\.0\.1:(\d+)/g)].map((match) => Number(match[1]));
      expect(ports).to.have.length(6);
      // Whoever was killed could end nobody: its servents notice by themselves, a moment later.
      let tries = 0;
      for (const port of ports)
        while (!(await isFree(port))) expect(tries++).to.be.below(signal === 'SIGKILL' ? 20_000 : 0);
    });
  }
});

async function isFree(port: number): Promise<boolean> {
  const socket = createSocket('udp4').bind(port, '127.0.0.1');
  try {
    await once(socket, 'listening');
  } catch {
    return false;
  }
  await new Promise<void>((done) => socket.close(done));
  return true;
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((done) => socket.close(done));
  return port;
}
