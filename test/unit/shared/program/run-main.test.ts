import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'chai';

const PROGRAM = join(__dirname, '../../../support/frame-program.ts');

interface Ended {
  out: string;
  err: string;
  status: number | null;
}

describe('the frame of a program', function () {
  this.timeout(60_000);

  it('prints a text that was asked for, and ends with status 0', async () => {
    expect(await ended(start('help'))).to.deep.equal({ out: 'what it does\n', err: '', status: 0 });
  });

  it('ends with the status that the program gives, shows no progress where there is no terminal', async () => {
    expect(await ended(start('status'))).to.deep.equal({ out: 'results of status\n', err: '', status: 3 });
  });

  it('tells a wrong command line in one line, escaped, with status 2', async () => {
    const { err, status } = await ended(start('misuse'));
    expect(err).to.match(/^frame-program: expected a word, got "misuse\S*\[31m"\n$/);
    expect(err).not.to.include('\u001b');
    expect(status).to.equal(2);
  });

  it('tells what the person can mend in one line, with status 1, after the results', async () => {
    expect(await ended(start('fail'))).to.deep.equal({
      out: 'results of fail\n',
      err: 'frame-program: expected a file, got none\n',
      status: 1,
    });
  });

  it('tells it as an event too, for who reads JSON, and for nobody else', async () => {
    const { out } = await ended(start('fail', '--json'));
    expect(out).to.equal('results of fail\n{"event":"error","code":"file","message":"expected a file, got none"}\n');
    expect((await ended(start('fail', '--', '--json'))).out).to.equal('results of fail\n');
  });

  it('shows the stack of what is ours, with status 1', async () => {
    const { err, status } = await ended(start('bug'));
    expect(err).to.match(/^TypeError: this is ours\n {4}at /);
    expect(status).to.equal(1);
  });

  it('writes everything into a pipe before it ends', async () => {
    const { out, status } = await ended(start('many'));
    expect(out.split('\n')).to.have.length(100_002);
    expect(out.endsWith('line 99999\n')).to.equal(true);
    expect(status).to.equal(0);
  });

  it('is not ended by a reader who goes away', async () => {
    const program = start('many');
    program.stdout!.destroy();
    expect((await ended(program)).status).to.equal(0);
  });

  if (process.platform !== 'win32') {
    it('ends with 128 and the number of the signal that interrupts it', async () => {
      const program = start('wait');
      await once(program.stdout!, 'data');
      program.kill('SIGTERM');
      expect((await ended(program)).status).to.equal(143);
    });
  }
});

function start(...words: string[]): ChildProcess {
  return spawn(process.execPath, ['-r', 'ts-node/register', PROGRAM, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function ended(program: ChildProcess): Promise<Ended> {
  let [out, err] = ['', ''];
  program.stdout!.on('data', (text) => (out += text));
  program.stderr!.on('data', (text) => (err += text));
  const [status] = (await once(program, 'close')) as [number | null];
  return { out, err, status };
}
