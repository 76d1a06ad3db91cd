/**
 * Every way the system can refuse to send or to receive, injected into a real servent by strace: it goes on, and its counters
 * tell the truth. A sample here; `npm run errno` takes them all. Skipped where there is no strace.
 */

import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { type Program, readyEvent, startProgram } from '../../shared/program/start-program';
import { encodeClireq } from '../../shared/wire/overlay/clireq';
import { ROOT, scriptOf } from '../support/commands';

/** What sendmsg(2), recvmsg(2), udp(7) and ip(7) name, and what a firewall or a lost interface makes of it. */
const SEND_ERRORS = [
  ...['EACCES', 'EAGAIN', 'EBADF', 'ECONNREFUSED', 'ECONNRESET', 'EDESTADDRREQ', 'EFAULT', 'EHOSTUNREACH', 'EINTR'],
  ...['EINVAL', 'EIO', 'EISCONN', 'EMSGSIZE', 'ENETDOWN', 'ENETUNREACH', 'ENOBUFS', 'ENOMEM', 'ENOTCONN', 'ENOTSOCK'],
  ...['EOPNOTSUPP', 'EPERM', 'EPIPE'],
];
const RECEIVE_ERRORS = [
  ...['EAGAIN', 'EBADF', 'ECONNREFUSED', 'EFAULT', 'EHOSTUNREACH', 'EINTR', 'EINVAL', 'EIO', 'ENETUNREACH', 'ENOBUFS'],
  ...['ENOMEM', 'ENOTCONN', 'ENOTSOCK'],
];
const SEND_CALLS = 'sendmsg,sendmmsg,sendto';
const RECEIVE_CALLS = 'recvmsg,recvmmsg,recvfrom';

const all = process.env['ERRNO'] === 'all';
const sends = all ? SEND_ERRORS : ['ENOBUFS', 'EPERM'];
const receives = all ? RECEIVE_ERRORS : ['ECONNREFUSED'];
/** What the transport sends once more. Node's own also takes ENOBUFS for a delay; batches send what is too long from another socket. */
const SENT_AGAIN: Record<string, readonly string[]> = {
  dgram: ['EAGAIN', 'EINTR', 'ENOBUFS'],
  batch: ['EAGAIN', 'EINTR', 'EMSGSIZE'],
};
/** Of the calls from the third on, every fifth fails. */
const WHEN = '3+5';
const QUESTIONS = 40;

interface Stats {
  received: Record<string, number>;
  handled: Record<string, number>;
  dropped: Record<string, number>;
  answers: number;
  sendErrors: Record<string, number>;
}

describe('a servent whose system calls fail', function () {
  this.timeout(60_000);
  const started: Program[] = [];

  before(function () {
    const { status } = spawnSync('strace', ['-o', '/dev/null', '-e', 'inject=getpid:error=EPERM', 'true']);
    if (status !== 0) this.skip();
  });
  afterEach(() => {
    // The process group: strace lets go of the servent when it is killed.
    for (const { pid, child } of started.splice(0)) {
      if (child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGKILL');
    }
  });

  for (const io of ['dgram', 'batch']) {
    for (const code of sends) {
      it(`--io ${io}: goes on when sending fails with ${code}, and counts what was not sent`, async () => {
        const { heard, stats } = await serveUnder(io, SEND_CALLS, code);
        const failed = sum(stats.sendErrors);
        expect(heard).to.equal(stats.answers - failed);
        // Linux has one number for ENOTSUP and EOPNOTSUPP. What is only delayed is sent again; all else is lost, and counted by its name.
        if (SENT_AGAIN[io]!.includes(code)) expect(failed).to.equal(0);
        else expect(Object.keys(stats.sendErrors)).to.deep.equal([code === 'EOPNOTSUPP' ? 'ENOTSUP' : code]);
        expect(stats.answers).to.equal(QUESTIONS);
      });
    }
    for (const code of receives) {
      it(`--io ${io}: goes on when receiving fails with ${code}`, async () => {
        const { heard, stats } = await serveUnder(io, RECEIVE_CALLS, code);
        expect(heard).to.equal(stats.answers);
        expect(stats.answers).to.equal(QUESTIONS);
      });
    }
  }

  /** Asks a servent whose calls fail now and then; gives how many answers came and what it counted. */
  async function serveUnder(io: string, calls: string, code: string): Promise<{ heard: number; stats: Stats }> {
    const command = [process.execPath, scriptOf('servent'), '0', 'fixtures/services-debian.txt'];
    const words = ['-f', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', `inject=${calls}:error=${code}:when=${WHEN}`];
    const strace = startProgram('strace', [...words, ...command, '--bind', '127.0.0.1', '--io', io, '--json'], {
      cwd: ROOT,
      tied: true,
      detached: true,
    });
    started.push(strace);
    const { port } = await readyEvent<{ port: number }>(strace, 'the servent under strace');
    const client = createSocket('udp4');
    let heard = 0;
    client.on('message', () => heard++);
    client.bind(0, '127.0.0.1');
    await once(client, 'listening');
    // strace has one child: the servent.
    const servent = Number(readFileSync(`/proc/${strace.pid}/task/${strace.pid}/children`, 'utf8'));
    const statsAt = async (signal: NodeJS.Signals): Promise<Stats> => {
      process.kill(servent, signal);
      return JSON.parse((await strace.line()) ?? '') as Stats;
    };
    for (let asked = 1; asked <= QUESTIONS; asked++) {
      client.send(encodeClireq({ text: Buffer.from('ssh') }), port, '127.0.0.1');
      while (sum((await statsAt('SIGUSR2')).received) < asked);
    }
    const stats = await statsAt('SIGTERM');
    const { status } = await strace.ended();
    while (heard < stats.answers - sum(stats.sendErrors)) await once(client, 'message');
    client.close();
    expect(status, 'it ends when it is told to').to.equal(0);
    expect(sum(stats.received)).to.equal(sum(stats.handled) + sum(stats.dropped));
    return { heard, stats };
  }
});

function sum(group: Readonly<Record<string, number>>): number {
  return Object.values(group).reduce((one, other) => one + other, 0);
}
