/**
 * A backup's commands that show copies and give them back, as processes. `SPARSE=2147483648` tries a sparse file of 2 GiB, and
 * tells the most memory that server and agent had; from 8 GiB on its chunks are longer ones.
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readyEvent } from '../../shared/program/start-program';
import { snapshot } from '../support/backup/trees';
import { type Command, endAllCommands, runToEnd, start } from '../support/commands';

const SPARSE_BYTES = Number(process.env['SPARSE'] ?? 64 * 1024 * 1024);
/** What stands between two holes, bytes. */
const NOISE = createHash('shake256', { outputLength: Math.floor(SPARSE_BYTES / 256) })
  .update('noise')
  .digest();

describe('backup commands on what is kept', function () {
  this.timeout(900_000);
  const folder = mkdtempSync(join(tmpdir(), 'backup-commands-'));
  const root = join(folder, 'lent');
  let to: string[];
  let node: string;
  let server: Command;
  let agent: Command;

  before(async () => {
    mkdirSync(join(root, 'letters', 'old'), { recursive: true });
    writeFileSync(join(root, 'letters', 'ann.txt'), 'dear Ann');
    writeFileSync(join(root, 'letters', 'old', 'bob.txt'), 'dear Bob');
    writeFileSync(join(root, 'holes'), 'before a hole');
    truncateSync(join(root, 'holes'), SPARSE_BYTES);
    const holes = openSync(join(root, 'holes'), 'r+');
    writeSync(holes, NOISE, 0, NOISE.length, Math.floor(SPARSE_BYTES / 2));
    closeSync(holes);
    const listen = ['--listen', '127.0.0.1:0', '--json'];
    server = start('backup', ['server', join(folder, 'repository'), ...listen]);
    agent = start('backup', ['agent', '--root', root, ...listen]);
    to = ['--server', (await readyEvent<{ address: string }>(server, 'the server')).address];
    node = (await readyEvent<{ address: string }>(agent, 'the agent')).address;
    await done('register', '127.0.0.1', node.split(':')[1]!, '.', '1d');
    await done('run', node, '.');
  });
  after(async () => {
    if (process.env['SPARSE']) console.log(`most memory: server ${peakMiB(server)} MiB, agent ${peakMiB(agent)} MiB`);
    await endAllCommands();
    rmSync(folder, { recursive: true });
  });

  it('query --save writes the latest copy as a tar.gz, into a folder under a name of its own', async () => {
    const saved = join(folder, 'saved');
    mkdirSync(saved);
    const { file } = JSON.parse(await done('query', node, '.', '--save', saved, '--json')) as { file: string };
    expect(file).to.equal(join(saved, `${node}-1.tgz`));
    execFileSync('tar', ['xzpf', file, '-C', saved]);
    expect(snapshot(Buffer.from(join(saved, 'letters')))).to.deep.equal(snapshot(Buffer.from(join(root, 'letters'))));
    expect(statSync(join(saved, 'holes')).size).to.equal(SPARSE_BYTES);
  });

  it('ls and restore with --below show and give back a part of it', async () => {
    const listed = await done('ls', node, '.', '--below', 'letters/old');
    expect(listed.trim().split('\n')).to.have.length(2);
    expect(listed).to.match(/letters\/old\/bob\.txt/);
    const target = join(folder, 'part');
    await done('restore', node, '.', target, '--below', 'letters/old');
    expect(snapshot(Buffer.from(target))).to.deep.equal(snapshot(Buffer.from(join(root, 'letters', 'old'))));
  });

  it('restore of a single file gives that file', async () => {
    const target = join(folder, 'single');
    await done('restore', node, '.', target, '--below', 'letters/ann.txt');
    expect(readFileSync(join(target, 'ann.txt'), 'utf8')).to.equal('dear Ann');
  });

  it('restore gives a sparse file back with its hole', async () => {
    const target = join(folder, 'whole');
    await done('restore', node, '.', target);
    const { size, blocks } = statSync(join(target, 'holes'));
    expect(size).to.equal(SPARSE_BYTES);
    expect(blocks * 512).to.be.below(NOISE.length + 1_000_000);
    execFileSync('cmp', [join(target, 'holes'), join(root, 'holes')]);
  });

  /** Runs a command to its end, which is a good one; gives what it printed. */
  async function done(...words: string[]): Promise<string> {
    const { status, out, err } = await runToEnd('backup', [...words, ...to]);
    expect(status, `${words.join(' ')}: ${err}`).to.equal(0);
    return out;
  }
});

function peakMiB({ child }: Command): number {
  const kib = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1];
  return Math.round(Number(kib) / 1024);
}
