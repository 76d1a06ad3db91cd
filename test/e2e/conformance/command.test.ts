/** The conformance command as a person meets it. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { endAllCommands, ROOT, runToEnd, scriptOf, start } from '../../support/commands';
import { PLACEHOLDERS, plainProgram } from '../../support/conformance/play';
import { canBatch } from '../../support/transport-peer';

/** A few cases that are quick. */
const FEW = ['--only', 'overlay 4 CLIREQ 1'];

const hasPython = !spawnSync('python3', ['--version']).error;

describe('the conformance command', function () {
  this.timeout(4 * 60_000);

  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'servent-test-'))));
  afterEach(async () => {
    await endAllCommands();
    rmSync(folder, { recursive: true });
  });

  const conformance = (...words: string[]) => runToEnd('conformance', words);
  const plain = (fault?: string) => plainProgram('servent.py', PLACEHOLDERS.servent, fault);

  for (const [kind, words] of Object.entries(PLACEHOLDERS)) {
    it(`passes a plain ${kind} that was written without our code`, async function () {
      if (!hasPython) this.skip();
      const { out, status } = await conformance(kind, '--', ...plainProgram(`${kind}.py`, words));
      expect([out.match(/^BROKEN.*(\n {8}.*)*/gm), status]).to.deep.equal([null, 0]);
    });
  }

  for (const [whose, kind, words] of [
    ['servent', 'servent', PLACEHOLDERS.servent],
    ['servent with three workers', 'servent', [...PLACEHOLDERS.servent, '--workers', '3']],
    ['client', 'client', PLACEHOLDERS.client],
  ] as const) {
    it(`passes our own ${whose}`, async function () {
      if (whose.includes('workers') && !canBatch()) this.skip();
      const { out, err, status } = await conformance(kind, '--', process.execPath, scriptOf(kind), ...words);
      expect([out.match(/^BROKEN.*(\n {8}.*)*/gm), err, status]).to.deep.equal([null, '', 0]);
      expect(out).to.match(/must (\d+) of \1, .*: conforming\n$/);
    });
  }

  for (const [kind, words] of [
    ['documents', ['{path}', '{address}', '{leader}', '--min-in-sync', '{insync}']],
    ['kv', ['{path}', '{own}', '{join}', '--kv', '{address}', '--min-in-sync', '{insync}']],
    ['rest', ['{path}', '{address}', '{leader}', '--http', '{http}', '--min-in-sync', '{insync}']],
  ] as const) {
    it(`passes our own store as ${kind}`, async () => {
      const { out, err, status } = await conformance(kind, '--', process.execPath, scriptOf('store'), ...words);
      expect([out.match(/^BROKEN.*(\n {8}.*)*/gm), err, status]).to.deep.equal([null, '', 0]);
    });
  }

  it('passes our own backup agent', async () => {
    const words = ['agent', '--root', '{root}', '--listen', '{address}', '--wire', 'simple'];
    const { out, err, status } = await conformance(
      'backup-agent',
      '--',
      process.execPath,
      scriptOf('backup'),
      ...words,
    );
    expect([out.match(/^BROKEN.*(\n {8}.*)*/gm), err, status]).to.deep.equal([null, '', 0]);
  });

  it('fails a store that is none', async () => {
    const script = 'require("net").createServer((s) => s.pipe(s)).listen(Number(process.argv[1].split(":")[1]))';
    const words = [process.execPath, '-e', script, '{address}'];
    const { out, status } = await conformance('documents', '--start', '1', '--only', 'must', '--', ...words);
    expect(out).to.match(/^BROKEN +must +store 2 create/m);
    expect(status).to.equal(1);
  });

  it('fails a faulty servent, shows why, and writes what came in every form', async function () {
    if (!hasPython) this.skip();
    const paths = ['page.html', 'results.xml', 'said.pcap'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const forms = ['--html', paths[0], '--junit', paths[1], '--pcap', paths[2]];
    const { out, status } = await conformance('servent', ...FEW, ...forms, '--', ...plain('ttl-begins-at-2'));
    expect(status).to.equal(1);
    expect(out).to.match(/^BROKEN +must +overlay 4 CLIREQ 1 ttl .*\n {8}expected ttl 3\n {8}came {5}2\n/m);
    expect(out).to.match(/program -> n1: QUERY nowhere ttl=2/);
    expect(readFileSync(paths[0], 'utf8')).to.match(/<svg[\s\S]*QUERY nowhere ttl=2/);
    expect(readFileSync(paths[1], 'utf8')).to.include('failures="1"');
    const dissector = join(ROOT, 'wireshark', 'servent.lua');
    const shown = spawnSync('tshark', ['-n', '-2', '-X', `lua_script:${dissector}`, '-r', paths[2], '-Y', 'servent.type == 2'], { encoding: 'utf8' }); // biome-ignore format: one sentence
    if (!shown.error && shown.status === 0) expect(shown.stdout).to.include('QUERY nowhere ttl=2');
  });

  it('compares two runs', async function () {
    if (!hasPython) this.skip();
    const [before, after] = [join(folder, 'before.json'), join(folder, 'after.json')];
    writeFileSync(before, (await conformance('servent', ...FEW, '--json', '--', ...plain('counts-by-two'))).out);
    writeFileSync(after, (await conformance('servent', ...FEW, '--json', '--', ...plain())).out);
    const better = await conformance('compare', before, after);
    expect(better.out).to.match(/^must +overlay 4 CLIREQ 1 sequence +broken +held$/m);
    expect(better.out).to.match(/\n1 better, 0 worse, 1 of \d+ cases differ\n$/);
    expect([better.status, (await conformance('compare', after, before)).status]).to.deep.equal([0, 1]);
  });

  it('grades a class, a row a program', async function () {
    if (!hasPython) this.skip();
    const list = join(folder, 'class.csv');
    const line = (name: string, words: string[]) => `${name},"${words.join(' ')}"`;
    writeFileSync(list, ['name,command', line('Ana', plain()), line('Rui', plain('counts-by-two'))].join('\n'));
    const { out, status } = await conformance('servent', ...FEW, '--batch', list);
    expect(out)
      .to.match(/^Ana +4\/4 .* yes/m)
      .and.match(/^Rui +3\/4 .* no +overlay 4 CLIREQ 1 sequence$/m);
    expect(status).to.equal(1);
  });

  it('says that a program does not start, and plays no more', async () => {
    const { out, status } = await conformance(
      'servent',
      '--',
      process.execPath,
      '-e',
      'console.log("no"); process.exit(3)',
    );
    expect(out).to.match(/came {5}its end \(3\): no$/m);
    expect(out.split('\n').filter((line) => line.startsWith('BROKEN'))).to.have.length(1);
    expect(status).to.equal(1);
  });

  it('kills what the program started, and is not flooded by what it prints', async () => {
    const script =
      "require('child_process').spawn('sleep',['987']); setInterval(() => console.log('x'.repeat(1e6)), 1)";
    const words = ['--start', '1', '--shared-network', '--', process.execPath, '-e', script];
    const { out } = await conformance('servent', ...words);
    expect(out.length).to.be.lessThan(10_000);
    expect(spawnSync('pgrep', ['-fx', 'sleep 987']).status).to.equal(1);
  });

  it('lists its cases', async () => {
    const { out } = await conformance('client', '--list');
    expect(out).to.match(/^must +overlay 5 2 once-more +When nothing came for 4 seconds/m);
  });

  for (const [words, word] of [
    [['servent'], 'expected a program behind -- or --batch, got neither'],
    [['servent', '--', './servent', '{porta}'], 'got "{porta}"'],
    [['servent', '--only', 'nothing', '--', './servent'], '"nothing"'],
    [['servent', '--ports', '9-5', '--', './servent'], '"9-5"'],
    [['servent', '--patience', '0', '--', './servent'], '"0"'],
    [['nobody'], 'expected servent, client, documents, kv, backup-agent, rest'],
  ] as const) {
    it(`${words.join(' ')} is refused in one line that names the word`, async () => {
      const { err, status } = await conformance(...words);
      expect(err).to.match(/^conformance: [^\n]*\n$/).and.include(word); // biome-ignore format: one sentence
      expect(status).to.equal(2);
    });
  }

  for (const [lines, what] of [
    ['name,command\n\nAna,"python3 ana.py', 'expected quotes that end in a command, got ""python3 ana.py" in line 3'],
    ['\ufeffname,command\nAna;python3 ana.py', 'expected name,command, got "Ana;python3 ana.py" in line 2'],
    ['Ana,python3 ana.py {porta}', 'got "{porta}" in line 1'],
    ['name,command\n', 'expected lines of name,command'],
  ] as const) {
    it(`a class that reads ${JSON.stringify(lines)} is refused in one line that says where`, async () => {
      const list = join(folder, 'class.csv');
      writeFileSync(list, lines);
      const { err, status } = await conformance('servent', '--shared-network', '--batch', list);
      expect(err).to.match(/^conformance: [^\n]*\n$/).and.include(what); // biome-ignore format: one sentence
      expect(status).to.equal(2);
    });
  }

  it('runs of two kinds are not compared', async () => {
    const paths = ['servent', 'client'].map((kind) => {
      const path = join(folder, `${kind}.json`);
      writeFileSync(
        path,
        `{"event":"case","id":"x","class":"must","outcome":"held"}\n{"event":"summary","kind":"${kind}"}`,
      );
      return path;
    });
    const { err, status } = await conformance('compare', ...paths);
    expect(err).to.match(/^conformance: expected two runs of one kind, got servent in .* and client in .*\n$/);
    expect(status).to.equal(2);
  });

  it('ends with all that it started, and leaves no file, when it is told to end', async function () {
    if (!hasPython) this.skip();
    const seen = join(folder, 'seen');
    const script = `import os,subprocess,sys,time; p = subprocess.Popen(['sleep','986']); open('${seen}','w').write(sys.argv[1]); time.sleep(986)`;
    const words = ['servent', '--shared-network', '--start', '60', '--', 'python3', '-c', script, '{file}'];
    const command = start('conformance', words);
    while (!existsSync(seen)) await sleep(20);
    command.child.kill('SIGTERM');
    expect((await command.end()).status).to.equal(143);
    expect(spawnSync('pgrep', ['-fx', 'sleep 986']).status).to.equal(1);
    expect(existsSync(readFileSync(seen, 'utf8'))).to.equal(false);
  });

  it('a file that holds no results is refused by name', async () => {
    const path = join(folder, 'page.html');
    writeFileSync(path, '<html>');
    const { err, status } = await conformance('compare', path, path);
    expect(err).to.equal(`conformance: expected one JSON object a line, got "${path}"\n`);
    expect(status).to.equal(1);
  });
});
