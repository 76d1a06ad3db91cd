/** The client command as a person meets it, against real servents and against a peer that sends what it likes. */

import { spawnSync } from 'node:child_process';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { expect } from 'chai';
import { endAllCommands, ROOT, runToEnd, start, startServentCommand } from '../support/commands';

const WELL_KNOWN = 'fixtures/services-well-known.txt';
const DEBIAN = 'fixtures/services-debian.txt';
const ANSWER = '1/tcp      # TCP Port Service Multiplexer';

/** Where nobody listens: the discard service of long ago. */
const NOBODY = '127.0.0.1:9';

function eventsOf(out: string): Record<string, unknown>[] {
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the client command', () => {
  afterEach(endAllCommands);

  it('shows every answer with its responder, and after 4 seconds that there are no more', async () => {
    const far = await startServentCommand(DEBIAN);
    const near = await startServentCommand(WELL_KNOWN, [far.address]);
    const { out, err, status } = await runToEnd('client', [near.address], 'tcpmux\n');
    const lines = out.trimEnd().split('\n');
    expect(lines).to.have.length(2);
    expect(lines.map((line) => line.split(' ')[0])).to.have.members([near.address, far.address]);
    expect(lines.find((line) => line.startsWith(far.address))).to.contain(
      '1/tcp\t\t\t\t# TCP port service multiplexer',
    );
    expect(lines.find((line) => line.startsWith(near.address))).to.match(
      /^\S+ {2,}1\/tcp {6}# TCP Port Service Multiplexer {2}\(\d+\.\d ms\)$/,
    );
    expect(err).to.match(/^no more responses \(2 in 4\.\d s\)\n$/);
    expect(status).to.equal(0);
  });

  it('asks twice when nothing comes, and says so', async () => {
    const servent = await startServentCommand(DEBIAN, ['--json']);
    const { out, err, status } = await runToEnd('client', [servent.address, 'nosuch', '--timeout', '0.1']);
    expect(err).to.match(/^no responses \(asked twice, 0\.\d s\): nobody .* \(check address, port and firewall\)\n$/);
    expect([out, status]).to.deep.equal(['', 1]);
    servent.child.kill('SIGTERM');
    expect((await servent.end()).out).to.match(/"CLIREQ":2,/);
  });

  it('prints one JSON object an answer and a question with --json, and nothing else', async () => {
    const servent = await startServentCommand(WELL_KNOWN);
    const words = [servent.address, 'tcpmux', 'nosuch', '--json', '--timeout', '0.2'];
    const { out, err, status } = await runToEnd('client', words);
    const events = eventsOf(out);
    const about = (event: string, key: string) => events.find((each) => each['event'] === event && each['key'] === key);
    expect(events).to.have.length(3);
    expect(about('answer', 'tcpmux')).to.include({ value: ANSWER, from: servent.address }).and.have.property('ms');
    const quiet = { enough: false, unreachable: false };
    expect(about('summary', 'tcpmux'))
      .to.include({ answers: 1, asked: 1, ...quiet })
      .and.have.property('ms');
    expect(about('summary', 'nosuch')).to.deep.include({ answers: 0, asked: 2, ...quiet, dropped: {} });
    expect([err, status]).to.deep.equal(['', 1]);
  });

  it('asks keys given as arguments side by side, and says which key each line is about', async () => {
    const servent = await startServentCommand(WELL_KNOWN);
    const asked = Array.from({ length: 40 }, (_, i) => `none${i}`);
    const words = [servent.address, 'ssh', 'domain', ...asked, '--timeout', '0.3', '--count', '1'];
    const { out, err, status } = await runToEnd('client', words);
    expect(out)
      .to.match(/^ssh {5}\S+ {2}22\/tcp .*\n/m)
      .and.match(/^domain {2}\S+ {2}53\/tcp .*\n/m);
    expect(err)
      .to.match(/^ssh: stopped at 1 response/m)
      .and.match(/^none39: no responses \(asked twice/m)
      .and.not.match(/Warning/);
    expect(status).to.equal(1);
  });

  it('prints nothing but values with --value', async () => {
    const servent = await startServentCommand(WELL_KNOWN);
    const { out, err, status } = await runToEnd('client', [servent.address, 'tcpmux', '--first', '--value']);
    expect([out, status]).to.deep.equal([`${ANSWER}\n`, 0]);
    expect(err).to.match(/^stopped at 1 response/);
  });

  describe('to a contact where nobody listens', () => {
    /** Told by the system on Linux, through a second socket on the port; elsewhere there is silence. */
    before(function () {
      if (process.platform !== 'linux') this.skip();
    });

    it('says so at once, asks once more, and ends with status 3', async () => {
      const client = start('client', [NOBODY, 'ssh', 'domain', '--timeout', '30']);
      await client.until(/^nobody listens at 127\.0\.0\.1:9 \(ECONNREFUSED\)/);
      client.child.kill('SIGKILL');
      const { out, err, status } = await runToEnd('client', [NOBODY, 'ssh', '--timeout', '0.3']);
      expect(err).to.match(
        /^nobody listens.*\nno responses \(asked twice, 0\.3 s\): 127\.0\.0\.1:9 cannot be reached\n$/,
      );
      expect([out, status]).to.deep.equal(['', 3]);
      expect((await runToEnd('client', [NOBODY, '--timeout', '0.1'], 'ssh\n')).status).to.equal(3);
    });

    it('says so in JSON', async () => {
      const { out, status } = await runToEnd('client', [NOBODY, 'ssh', '--json', '--timeout', '0.1']);
      const events = eventsOf(out);
      expect(events[0]).to.deep.equal({ event: 'unreachable', key: 'ssh', contact: NOBODY, code: 'ECONNREFUSED' });
      expect(events.at(-1)).to.include({ event: 'summary', answers: 0, unreachable: true });
      expect(status).to.equal(3);
    });

    it('still hears a servent that was just starting', async () => {
      const reserved = createSocket('udp4');
      reserved.bind(0, '127.0.0.1');
      await once(reserved, 'listening');
      const { port } = reserved.address();
      await new Promise<void>((closed) => reserved.close(closed));
      const client = start('client', [`127.0.0.1:${port}`, 'k', '--first', '--timeout', '2']);
      await client.until(/^nobody listens/);
      const late = createSocket('udp4');
      late.on('message', (_question, from) => late.send(Buffer.from('\0\x03k\there'), from.port, from.address));
      late.bind(port, '127.0.0.1');
      const { out, status } = await client.end();
      late.close();
      expect(out).to.match(/ {2}here {2}/);
      expect(status).to.equal(0);
    });
  });
  it('reads keys from a pipe line by line, refuses those no file can hold, and ends with the input', async () => {
    const servent = await startServentCommand(WELL_KNOWN);
    const input = '\n \t tcpmux\t\r\ntwo words\nssh';
    const { out, err, status } = await runToEnd('client', [servent.address, '--first'], input);
    expect(out).to.match(/^\S+ {2}1\/tcp .*\n\S+ {2}22\/tcp .*\n$/);
    expect(err).to.match(
      /^stopped at 1 response \(0\.\d s\)\nclient: expected a key without blanks.*"two words".*\nstopped.*\n$/,
    );
    expect(status).to.equal(0);
  });

  it('ends quietly when nobody reads its answers any more', async () => {
    const servent = await startServentCommand(WELL_KNOWN);
    const client = start('client', [servent.address, '--first']);
    client.child.stdout.destroy();
    client.child.stdin.write('tcpmux\nssh\nhttp\n');
    const { status, err } = await client.end();
    expect(err).not.to.match(/Error|EPIPE/);
    expect(status).to.equal(0);
  });

  it('asks for keys that begin with a dash when they stand behind --', async () => {
    const servent = await startServentCommand(DEBIAN);
    const { err, status } = await runToEnd('client', [servent.address, '--timeout', '.05', '--', '-x', '--json']);
    expect(err)
      .to.match(/^-x: no responses/m)
      .and.match(/^--json: no responses/m);
    expect(status).to.equal(1);
  });

  const refused: [what: string, words: string[], status: number, message: RegExp][] = [
    ['no words', [], 2, /expected client <contact>/],
    ['a contact without a port', ['localhost'], 2, /"localhost"/],
    ['a key with a blank inside', ['127.0.0.1:1', 'two words'], 2, /"two words"/],
    ['an empty key', ['127.0.0.1:1', ''], 2, /expected a key/],
    ['a count of 0', ['127.0.0.1:1', '--count', '0'], 2, /--count, got "0"/],
    ['both --first and --count', ['127.0.0.1:1', '--first', '--count', '2'], 2, /--first or --count/],
    ['a timeout that is no number', ['127.0.0.1:1', '--timeout', 'soon'], 2, /--timeout, got "soon"/],
    ['an unknown option', ['127.0.0.1:1', '--colour'], 2, /"--colour"/],
    ['a group of letters', ['-foo', '127.0.0.1:1'], 2, /"-foo"/],
    ['both --value and --json', ['127.0.0.1:1', '--value', '--json'], 2, /--json or --value/],
    ['a host that does not exist', ['no-such-host.invalid:1', 'ssh'], 1, /"no-such-host\.invalid"/],
  ];
  for (const [what, words, status, message] of refused) {
    it(`refuses ${what} in one line, with status ${status}`, async () => {
      const ended = await runToEnd('client', words);
      expect(ended.status).to.equal(status);
      // Who asks for JSON reads of an error there too.
      if (!words.includes('--json')) expect(ended.out).to.equal('');
      expect(ended.err)
        .to.match(/^client: [^\n]+\n$/)
        .and.match(message);
    });
  }

  it('refuses a key that is no UTF-8, which Node would have changed', function () {
    if (process.platform !== 'linux') this.skip();
    const command = `exec "${process.execPath}" dist/client/main.js 127.0.0.1:1 "$(printf 'k\\377')"`;
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: ROOT, encoding: 'utf8' });
    expect([status, stdout, stderr]).to.deep.equal([2, '', 'client: expected words in UTF-8, got "k\\xff"\n']);
  });

  describe('with a peer that sends what it likes', () => {
    let peer: Socket;
    beforeEach(async () => {
      peer = createSocket('udp4');
      peer.bind(0, '127.0.0.1');
      await once(peer, 'listening');
    });
    afterEach(() => peer.close());
    const address = (): string => `127.0.0.1:${peer.address().port}`;
    /** Answers each question with these texts behind a RESPONSE's type. */
    const answerWith = (...texts: (string | Buffer)[]): void => {
      peer.on('message', (_question: Buffer, from: RemoteInfo) => {
        for (const text of texts)
          peer.send(Buffer.concat([Buffer.from([0, 3]), Buffer.from(text)]), from.port, from.address);
      });
    };

    it('shows control characters escaped, never raw', async () => {
      answerWith('k\t\u001b[2J\u0007 \u009b31m \u202e evil \u2028 end');
      const { out } = await runToEnd('client', [address(), 'k', '--first']);
      expect(out).to.contain('\\u{1b}[2J\\u{7} \\u{9b}31m \\u{202e} evil \\u{2028} end');
      const [json] = (await runToEnd('client', [address(), 'k', '--first', '--json'])).out.split('\n');
      expect(json).to.match(/^[\x20-\x7e]+$/);
      expect(JSON.parse(json!)).to.include({ value: '\u001b[2J\u0007 \u009b31m \u202e evil \u2028 end' });
    });

    it('gives a value that is not UTF-8 as base64 in JSON', async () => {
      answerWith(Buffer.from('6b09ff00', 'hex'));
      const { out } = await runToEnd('client', [address(), 'k', '--first', '--json']);
      expect(eventsOf(out)[0]).to.include({ key: 'k', valueBase64: '/w==' });
    });

    it('shows an answer once, none for another key, and a value without its key', async () => {
      answerWith('k\tone', 'k\tone', 'other\ttwo', 'three', 'k\tfour\0');
      const { out, err } = await runToEnd('client', [address(), 'k', '--timeout', '0.2'], '', { DEBUG: 'client:*' });
      const values = out
        .trimEnd()
        .split('\n')
        .map((line) => line.split('  ')[1]);
      expect(values).to.deep.equal(['one', 'three', 'four']);
      expect(err).to.match(/no more responses \(3 in 0\.\d s\); 1 datagram was no answer to this: other-key 1\n/);
      expect(err)
        .to.match(/client:drop repeated/)
        .and.match(/client:receive "\\u\{0\}\\u\{3\}other\\ttwo" from 127/);
    });

    it('ends at the n-th answer with --count', async () => {
      answerWith('k\ta', 'k\tb', 'k\tc');
      const { out, err } = await runToEnd('client', [address(), 'k', '--count', '2']);
      expect(out).to.match(/ {2}a {2}.*\n.* {2}b {2}.*\n$/);
      expect(err).to.match(/^stopped at 2 responses/);
    });

    it('takes in more answers to one question than the system buffers by default', async () => {
      answerWith(...Array.from({ length: 1500 }, (_, i) => `k\tanswer ${i}`));
      const { out } = await runToEnd('client', [address(), 'k', '--json', '--count', '1500', '--timeout', '2']);
      const values = eventsOf(out).map(({ value }) => value);
      expect(values.slice(0, 1500)).to.have.members(Array.from({ length: 1500 }, (_, i) => `answer ${i}`));
    });

    it('sends a NUL behind the key with --nul', async () => {
      const question = once(peer, 'message') as Promise<[Buffer]>;
      const client = start('client', [address(), 'k', '--nul', '--timeout', '0.1']);
      expect((await question)[0].toString('hex')).to.equal('00016b00');
      await client.end();
    });

    it('sends keys from a pipe as the bytes they are', async () => {
      const question = once(peer, 'message') as Promise<[Buffer]>;
      const client = start('client', [address(), '--timeout', '0.1']);
      client.child.stdin.write(Buffer.from('fffe0a', 'hex'));
      expect((await question)[0].toString('hex')).to.equal('0001fffe');
      await client.end();
    });
  });
});
