import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { endAllCommands, start } from '../support/commands';

describe('the demo of the backup', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'backup-demo-'));
  const made = (): string[] => readdirSync(folder).filter((name) => name.startsWith('servent-backup-'));

  after(async () => {
    await endAllCommands();
    rmSync(folder, { recursive: true });
  });

  it('ends when nobody reads it any more, and leaves nothing behind', async () => {
    const demo = start('backup', ['demo', '--agents', '1'], { TMPDIR: folder });
    await demo.until(/backup server listening/);
    expect(made()).to.have.length(1);
    demo.child.stdout.destroy();
    expect((await demo.ended()).status).to.equal(0);
    expect(made()).to.deep.equal([]);
  });
});
