/** The client's prompt in a real terminal, which `script` (util-linux) makes; skipped where that is not to be had. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { endAllCommands, ROOT, startServentCommand } from '../support/commands';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const UP = '\u001b[A';

describe("the client's prompt in a terminal", () => {
  let state: string;
  let terminal: ChildProcess | undefined;
  before(function () {
    const { stdout } = spawnSync('script', ['--version'], { encoding: 'utf8' });
    if (!stdout?.includes('util-linux')) this.skip();
    state = mkdtempSync(join(tmpdir(), 'servent-state-'));
  });
  after(() => state && rmSync(state, { recursive: true }));
  afterEach(async () => {
    terminal?.kill('SIGKILL');
    await endAllCommands();
  });

  /** Starts the client in a terminal; `until` waits for a text behind what was awaited before. */
  const open = (
    address: string,
  ): { type: (keys: string) => void; until: (text: string) => Promise<void>; ended: Promise<unknown> } => {
    const command = `${process.execPath} dist/client/main.js ${address} --timeout 30`;
    const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      cwd: ROOT,
      env: { ...process.env, XDG_STATE_HOME: state, TERM: 'xterm' },
    });
    terminal = child;
    let shown = '';
    let notify: () => void = () => {};
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
      notify();
    });
    return {
      type: (keys) => void child.stdin.write(keys),
      until: async (text) => {
        while (!shown.includes(text)) await new Promise<void>((seen) => (notify = seen));
        shown = shown.slice(shown.indexOf(text) + text.length);
      },
      ended: once(child, 'close').then(() => child.exitCode),
    };
  };

  it('answers, gives up one question at Ctrl-C, remembers what was typed, and ends at Ctrl-D', async () => {
    const servent = await startServentCommand('fixtures/services-well-known.txt');
    const first = open(servent.address);
    await first.until('key> ');
    first.type('ssh\r');
    await first.until(`${servent.address}  22/tcp`);
    await first.until('waiting');
    first.type(CTRL_C);
    await first.until('given up');
    await first.until('key> ');
    first.type(`half a line${CTRL_C}`);
    await first.until('key> ');
    first.type('two words\r');
    await first.until('expected a key without blanks');
    await first.until('key> ');
    first.type(CTRL_D);
    expect(await first.ended).to.equal(0);
    expect(readFileSync(join(state, 'servent', 'history'), 'utf8')).to.equal('ssh\ntwo words\n');

    const second = open(servent.address);
    await second.until('key> ');
    second.type(`${UP}${UP}\r`);
    await second.until('22/tcp');
    second.type(`${CTRL_C}${CTRL_D}`);
    expect(await second.ended).to.equal(0);
  });
});
