/** What is started ends with its starter, a signal that opens a debugger opens none, and a failed start is told to programs too. */

import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readyEvent, startProgram } from '../../shared/program/start-program';
import { endAllCommands, ROOT, runToEnd, scriptOf, start, startServentCommand } from '../support/commands';

const FILE = join(ROOT, 'fixtures/services-well-known.txt');

describe('programs that start programs', () => {
  afterEach(() => endAllCommands());

  it('leave none behind when they are killed', async () => {
    const starter = `
      require('ts-node/register/transpile-only');
      const { startProgram, readyEvent } = require('./shared/program/start-program');
      const words = [${JSON.stringify(scriptOf('servent'))}, '0', ${JSON.stringify(FILE)}, '--bind', '127.0.0.1', '--json'];
      const servent = startProgram(process.execPath, words, { tied: true });
      readyEvent(servent, 'it').then(() => console.log('started ' + servent.pid));`;
    const parent = startProgram(process.execPath, ['-e', starter], { cwd: ROOT });
    const [, pid] = await parent.until(/^started (\d+)$/m);
    parent.child.kill('SIGKILL');
    // Its output closes when the last process that holds it is gone.
    await parent.ended();
    await gone(Number(pid));
  });

  it('leave no servent of an overlay either', async () => {
    const overlay = start('topologies', ['up', 'line', '--servents', '2']);
    const [, address] = await overlay.until(/^s2 +(\S+)/m);
    const { stdout } = spawnSync('pgrep', ['--parent', String(overlay.pid)], { encoding: 'utf8' });
    const servents = stdout.trim().split('\n').map(Number);
    expect(servents, `the servent at ${address} and another`).to.have.length(2);
    overlay.child.kill('SIGKILL');
    await Promise.all(servents.map(gone));
  });

  it('learn from --json why one did not start, by a code', async () => {
    const first = await startServentCommand(FILE);
    const port = first.address.split(':')[1]!;
    for (const [words, code] of [
      [[port, FILE, '--bind', '127.0.0.1'], 'port'],
      [['0', 'no/such/file'], 'file'],
      [['0', FILE, 'nowhere'], 'usage'],
    ] as const) {
      const refused = start('servent', [...words, '--json']);
      const error = await readyEvent(refused, 'it').catch((cause: { code: string; message: string }) => cause);
      expect(error).to.have.property('code', code);
      const { status, err } = await refused.ended();
      expect(status).to.equal(code === 'usage' ? 2 : 1);
      expect(err).to.equal(`servent: ${(error as { message: string }).message}\n`);
    }
    expect((await runToEnd('servent', ['0', 'no/such/file'])).out).to.equal('');
  });

  it('are told when a program ends without a word', async () => {
    const silent = startProgram(process.execPath, ['-e', '0']);
    expect(await readyEvent(silent, 'it').catch((error: Error) => error.message)).to.equal(
      'expected it to start, it ended: without a word',
    );
    const missing = startProgram('no-such-program', []);
    expect(await readyEvent(missing, 'it').catch((error: Error) => error.message)).to.include('ENOENT');
  });
});

describe('a servent and signals', () => {
  afterEach(() => endAllCommands());

  it('opens no debug port at SIGUSR1', async function () {
    if (process.platform === 'win32') return this.skip();
    const servent = await startServentCommand(FILE);
    servent.child.kill('SIGUSR1');
    servent.child.kill('SIGUSR2');
    await servent.until(/^servent stats/m);
    expect(servent.err()).to.equal('');
  });

  it('takes a SIGHUP that comes before it is ready', async function () {
    if (spawnSync('mkfifo', ['--version']).status !== 0) return this.skip();
    const folder = mkdtempSync(join(tmpdir(), 'servent-hangup-'));
    try {
      const file = join(folder, 'pairs');
      execFileSync('mkfifo', [file]);
      const servent = start('servent', ['0', file, '--bind', '127.0.0.1']);
      // Opens once the servent reads: it is loading then.
      const pipe = openSync(file, 'w');
      servent.child.kill('SIGHUP');
      writeSync(pipe, 'a 1\n');
      rmSync(file);
      closeSync(pipe);
      await servent.until(/listening on \S+, 1 key/);
      await servent.until(/the old 1 keys stay/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('takes the pairs from standard input for -, and says that they cannot be read again', async () => {
    const servent = start('servent', ['0', '-', '--bind', '127.0.0.1']);
    servent.child.stdin.end('a 1\nb 2\n');
    await servent.until(/listening on \S+, 2 keys from standard input/);
    servent.child.kill('SIGHUP');
    await servent.until(/expected pairs that can be read again, got standard input; the old 2 keys stay/);
  });

  it('says of an empty file that it is empty, and of one in UTF-16 what it is', async () => {
    const empty = await runToServe('');
    expect(empty).to.equal('standard input: expected pairs, got none\n');
    const { status, err } = await runToEnd('servent', ['0', '-'], Buffer.from('\ufeffa 1\n', 'utf16le'));
    expect([status, err]).to.deep.equal([
      1,
      'servent: expected a key-value file in UTF-8, got one in UTF-16: "standard input"\n',
    ]);
    expect(await runToServe('a 1\na 2\n')).to.equal('');
    expect(await runToServe('a 1\na 2\n', '--duplicates')).to.match(
      /^standard input:2: expected each key once, got "a"/,
    );
  });

  async function runToServe(text: string, ...words: string[]): Promise<string> {
    const servent = start('servent', ['0', '-', '--bind', '127.0.0.1', ...words]);
    servent.child.stdin.end(text);
    await servent.until(/listening/);
    await servent.stop();
    return servent.err();
  }
});

/** Resolves once a process is gone. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((done) => setImmediate(done));
  }
}
