/** The store client's prompt in a real terminal, which `script` (util-linux) makes; skipped where that is not to be had. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { connectClient } from '../../store-client/client';
import { endAllCommands } from '../support/commands';
import { MemoryReplica } from '../support/store/memory-replica';
import { endServing, serve } from '../support/store/serve';
import { CTRL_C, CTRL_D, endTerminals, hasTerminals, openTerminal, type Terminal, UP } from '../support/terminal';

describe("the store client's prompt in a terminal", () => {
  let state: string;
  let replica: MemoryReplica;
  let address: string;
  before(function () {
    if (!hasTerminals()) this.skip();
    state = mkdtempSync(join(tmpdir(), 'servent-state-'));
  });
  after(() => state && rmSync(state, { recursive: true }));
  beforeEach(async () => {
    replica = new MemoryReplica();
    ({ address } = await serve(replica));
    await using client = await connectClient(address);
    await client.create('users', { '*email': 'str' });
  });
  afterEach(async () => {
    endTerminals();
    await endAllCommands();
    await endServing();
  });

  const open = (): Terminal =>
    openTerminal(`${process.execPath} dist/store-client/main.js ${address}`, { XDG_STATE_HOME: state, NO_COLOR: '1' });

  it('does what is typed, completes it, says what is wrong, remembers it, and ends at exit with Bye', async () => {
    const first = open();
    await first.until('db > ');
    first.type('add us\t');
    await first.until('add users ');
    first.type('em\t');
    await first.until('email=');
    first.type('a\r');
    await first.until('Doc added with _id ');
    await first.until('db > ');
    first.type('dance\r');
    await first.until('Error: expected one of help');
    await first.until('db > ');
    first.type('exit\r');
    await first.until('Bye');
    expect(await first.ended).to.equal(0);
    const typed = readFileSync(join(state, 'servent', 'store-client-history'), 'utf8');
    expect(typed).to.equal('add users email=a\ndance\nexit\n');

    const second = open();
    await second.until('db > ');
    second.type(`${UP}${UP}${UP}\r`);
    await second.until('Doc added with _id ');
    second.type(CTRL_D);
    await second.until('Bye');
    expect(await second.ended).to.equal(0);
  });

  it('gives up one command at Ctrl-C, shows that it waits, and keeps what is typed meanwhile', async () => {
    const terminal = open();
    await terminal.until('db > ');
    let go = (): void => {};
    replica.gate = new Promise((done) => (go = done));
    terminal.type('add users email=a\r');
    await terminal.until('(waiting 1 s, Ctrl-C gives up) ');
    terminal.type('de');
    await terminal.until('Ctrl-C gives up) de');
    terminal.type(CTRL_C);
    await terminal.until('given up');
    await terminal.until('db > de');
    replica.gate = Promise.resolve();
    go();
    terminal.type('sc\r');
    await terminal.until('- users *email=str (');
    terminal.type('exit\r');
    await terminal.until('Bye');
    expect(await terminal.ended).to.equal(0);
  });
});
