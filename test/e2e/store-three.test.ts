/** What `npm run store` runs: three replicas, the prompt at the first, and what it says of killing the leader. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startProgram } from '../../shared/program/start-program';
import { endAllCommands, ROOT, runToEnd } from '../support/commands';

describe('three replicas at once', function () {
  this.timeout(180_000);
  afterEach(endAllCommands);

  it('take documents at the prompt, go on when their leader is killed as it says, and all end with the prompt', async () => {
    const command = startProgram(process.execPath, [join(ROOT, 'dist', 'store', 'three.js')], {
      cwd: ROOT,
      tied: true,
    });
    await command.until(/"exit" ends all/);
    const replicas = [...command.out().matchAll(/^(\S+) (leads {2}|follows) \(pid (\d+)\), files in (.+)$/gm)];
    expect(replicas.map(([, , role]) => role)).to.deep.equal(['leads  ', 'follows', 'follows']);
    const [leader, second] = replicas as [RegExpMatchArray, RegExpMatchArray];
    const [, kill, look] = /^ {2}(kill -9 .*)\n {2}npx (store status .*)$/m.exec(command.out())!;
    expect(kill).to.equal(`kill -9 ${leader[3]}`);
    expect(look).to.equal(`store status ${second[1]}`);

    command.child.stdin.write('addcol c a=int\nadd c a=1\n');
    await command.until(/Doc added/);
    process.kill(Number(leader[3]), 'SIGKILL');
    await untilAnotherLeads(look!, leader[1]!);
    command.child.stdin.write('search c {}\n');
    await command.until(/ {2}a: 1/);

    command.child.stdin.end('exit\n');
    expect((await command.ended()).status).to.equal(0);
    for (const [, , , pid, folder] of replicas) {
      expect(() => process.kill(Number(pid), 0)).to.throw('ESRCH');
      expect(existsSync(folder!)).to.equal(false);
    }
  });
});

/** Looks as `npm run store` says, until another one leads. */
async function untilAnotherLeads(look: string, former: string): Promise<void> {
  for (;;) {
    const { out } = await runToEnd('store', [...look.split(' ').slice(1), '--json']);
    const found = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line || '{}'));
    if (found.some(({ address, status }) => status?.role === 'leader' && address !== former)) return;
  }
}
