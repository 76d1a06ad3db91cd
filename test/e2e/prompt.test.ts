/** The client's prompt in a real terminal, which `script` (util-linux) makes; skipped where that is not to be had. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { endAllCommands, startServentCommand } from '../support/commands';
import {
  CTRL_C,
  CTRL_D,
  CTRL_Z,
  endTerminals,
  hasTerminals,
  openTerminal,
  type Terminal,
  UP,
} from '../support/terminal';

describe("the client's prompt in a terminal", () => {
  let state: string;
  before(function () {
    if (!hasTerminals()) this.skip();
    state = mkdtempSync(join(tmpdir(), 'servent-state-'));
  });
  after(() => state && rmSync(state, { recursive: true }));
  afterEach(async () => {
    endTerminals();
    await endAllCommands();
  });

  /** Starts the client in a terminal; `until` waits for a text behind what was awaited before. */
  const open = (
    address: string,
    words = '--timeout 30',
    environment: NodeJS.ProcessEnv = { NO_COLOR: '1' },
  ): Terminal =>
    openTerminal(`${process.execPath} dist/client/main.js ${address} ${words}`, {
      XDG_STATE_HOME: state,
      ...environment,
    });

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

  it('keeps what is typed while a question is under way, and asks for it next', async () => {
    const servent = await startServentCommand('fixtures/services-well-known.txt');
    const terminal = open(servent.address, '--timeout 2');
    await terminal.until('key> ');
    terminal.type('ssh\r');
    await terminal.until(`${servent.address}  22/tcp`);
    terminal.type('http\rdo');
    await terminal.until('no more responses (1 in');
    await terminal.until('key> http');
    await terminal.until(`${servent.address}  80/tcp`);
    terminal.type('ma');
    await terminal.until('no more responses (1 in');
    await terminal.until('key> doma');
    terminal.type('in\r');
    await terminal.until(`${servent.address}  53/tcp`);
    terminal.type(`${CTRL_C}${CTRL_D}`);
    expect(await terminal.ended).to.equal(0);
  });

  it('hints at what it is for those who type quit, exit, help or Tab, and asks for such a key behind a blank', async () => {
    const servent = await startServentCommand('fixtures/services-well-known.txt');
    const terminal = open(servent.address, '--timeout 0.1');
    await terminal.until('key> ');
    for (const word of ['quit', 'exit', 'help']) {
      terminal.type(`${word}\r`);
      await terminal.until(`Ctrl-D ends. A blank in front asks for the key "${word}".`);
      await terminal.until('key> ');
    }
    terminal.type('\t');
    await terminal.until('Tab completes nothing');
    terminal.type(' quit\r');
    await terminal.until('no responses (asked twice');
    await terminal.until('key> ');
    terminal.type(CTRL_D);
    expect(await terminal.ended).to.equal(0);
    servent.child.kill('SIGUSR2');
    await servent.until(/2 CLIREQ|CLIREQ 2/);
  });

  it('shows colours and the sign of life in a terminal, at the prompt and without it', async () => {
    const servent = await startServentCommand('fixtures/services-debian.txt');
    const terminal = open(servent.address, 'ssh --timeout 1', {});
    await terminal.until('waiting 0 of 2 s');
    await terminal.until(`\u001b[36m${servent.address}\u001b[0m  \u001b[1m22/tcp\t\t\t\t# SSH`);
    await terminal.until('waiting 0 of 1 s');
    await terminal.until('no more responses');
    expect(await terminal.ended).to.equal(0);
  });

  it('stops as a whole job at Ctrl-Z, and goes on', async () => {
    const servent = await startServentCommand('fixtures/services-well-known.txt');
    // npm waits for a shell, which waits for the command, as this one does.
    const command = `sh -c "${process.execPath} dist/client/main.js ${servent.address} --timeout 30; true"`;
    const terminal = openTerminal("PS1='bash% ' bash --norc -i", { XDG_STATE_HOME: state, NO_COLOR: '1' });
    await terminal.until('bash% ');
    terminal.type(`${command}\r`);
    await terminal.until('key> ');
    terminal.type(CTRL_Z);
    await terminal.until('Stopped');
    await terminal.until('bash% ');
    terminal.type('fg\r');
    await terminal.until('key> ');
    terminal.type('ssh\r');
    await terminal.until(`${servent.address}  22/tcp`);
    terminal.type(`${CTRL_C}${CTRL_D}`);
    await terminal.until('bash% ');
    terminal.type('exit\r');
    await terminal.ended;
  });

  it('goes on at Ctrl-Z where nobody could continue it', async () => {
    const servent = await startServentCommand('fixtures/services-well-known.txt');
    const terminal = open(servent.address);
    await terminal.until('key> ');
    terminal.type(CTRL_Z);
    await terminal.until('key> ');
    terminal.type('ssh\r');
    await terminal.until(`${servent.address}  22/tcp`);
    terminal.type(`${CTRL_C}${CTRL_D}`);
    expect(await terminal.ended).to.equal(0);
  });
});
