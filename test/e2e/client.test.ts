/** The client command as a person meets it, against real servents and against a peer that sends what it likes. */

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { expect } from 'chai';
import { endAllCommands, runToEnd, start, startServentCommand } from '../support/commands';

const WELL_KNOWN = 'fixtures/services-well-known.txt';
const DEBIAN = 'fixtures/services-debian.txt';
const ANSWER = '1/tcp      # TCP Port Service Multiplexer';

describe('the client command', () => {
  afterEach(endAllCommands);

  it('shows every answer with its responder, and after 4 seconds that there are no more', async () => {
    const far = await startServentCommand(DEBIAN);
    const near = await startServentCommand(WELL_KNOWN, [far.address]);
    const { out, err, status } = await runToEnd('client', [near.address], 'tcpmux\n');
    const lines = out.trimEnd().split('\n');
    expect(lines).to.have.length(3);
    expect(lines.slice(0, 2).map((line) => line.split('  ')[0])).to.have.members([near.address, far.address]);
    expect(lines.find((line) => line.startsWith(near.address))).to.match(
      /^\S+ {2}1\/tcp {6}# TCP Port Service Multiplexer {2}\(\d+\.\d ms\)$/,
    );
    expect(lines[2]).to.match(/^no more responses \(2 in 4\.\d s\)$/);
    expect([err, status]).to.deep.equal(['', 0]);
  });

  it('asks twice when nothing comes, and says so', async () => {
    const servent = await startServentCommand(DEBIAN, ['--json']);
    const { out, status } = await runToEnd('client', [servent.address, 'nosuch', '--timeout', '0.1']);
    expect(out).to.match(/^no responses \(asked twice, 0\.\d s\)\n$/);
    expect(status).to.equal(1);
    servent.child.kill('SIGTERM');
    expect((await servent.end()).out).to.match(/"CLIREQ":2,/);
  });

  it('prints one JSON object an answer with --json, and nothing else', async () => {
    const servent = await startServentCommand(WELL_KNOWN);
    const { out, status } = await runToEnd('client', [servent.address, 'tcpmux', 'ssh', '--json', '--timeout', '0.2']);
    const answers = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(answers.map(({ key }) => key)).to.deep.equal(['tcpmux', 'ssh']);
    expect(answers[0]).to.include({ value: ANSWER, from: servent.address }).and.have.property('ms').that.is.a('number');
    expect(status).to.equal(0);
  });

  it('reads keys from a pipe line by line, refuses those no file can hold, and ends with the input', async () => {
    const servent = await startServentCommand(WELL_KNOWN);
    const input = '\n \t tcpmux\t\r\ntwo words\nssh';
    const { out, err, status } = await runToEnd('client', [servent.address, '--first'], input);
    expect(out).to.match(/^\S+ {2}1\/tcp .*\nstopped at 1 response \(0\.\d s\)\n\S+ {2}22\/tcp .*\nstopped.*\n$/);
    expect(err).to.match(/^client: expected a key without blanks.*"two words".*\n$/);
    expect(status).to.equal(0);
  });

  it('ends quietly when nobody reads its answers any more', async () => {
    const servent = await startServentCommand(WELL_KNOWN);
    const client = start('client', [servent.address, '--first']);
    client.child.stdout.destroy();
    client.child.stdin.write('tcpmux\nssh\nhttp\n');
    const { status, err } = await client.end();
    expect([status, err]).to.deep.equal([0, '']);
  });

  it('asks for keys that begin with a dash when they stand behind --', async () => {
    const { out, status } = await runToEnd('client', ['127.0.0.1:1', '--timeout', '.05', '--', '-x', '--json']);
    expect(out).to.match(/^(no responses \(asked twice, 0\.1 s\)\n){2}$/);
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
    ['an unknown option', ['127.0.0.1:1', '--colour'], 2, /colour/],
    ['a host that does not exist', ['no-such-host.invalid:1', 'ssh'], 1, /"no-such-host\.invalid"/],
  ];
  for (const [what, words, status, message] of refused) {
    it(`refuses ${what} in one line, with status ${status}`, async () => {
      const ended = await runToEnd('client', words);
      expect(ended.status).to.equal(status);
      expect(ended.out).to.equal('');
      expect(ended.err)
        .to.match(/^client: [^\n]+\n$/)
        .and.match(message);
    });
  }

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
      const json = (await runToEnd('client', [address(), 'k', '--first', '--json'])).out;
      expect(json.trimEnd()).to.match(/^[\x20-\x7e]+$/);
      expect(JSON.parse(json)).to.include({ value: '\u001b[2J\u0007 \u009b31m \u202e evil \u2028 end' });
    });

    it('gives a value that is not UTF-8 as base64 in JSON', async () => {
      answerWith(Buffer.from('6b09ff00', 'hex'));
      const { out } = await runToEnd('client', [address(), 'k', '--first', '--json']);
      expect(JSON.parse(out)).to.include({ key: 'k', valueBase64: '/w==' });
    });

    it('shows an answer once, none for another key, and a value without its key', async () => {
      answerWith('k\tone', 'k\tone', 'other\ttwo', 'three', 'k\tfour\0');
      const { out } = await runToEnd('client', [address(), 'k', '--timeout', '0.2']);
      const values = out
        .split('\n')
        .slice(0, -2)
        .map((line) => line.split('  ')[1]);
      expect(values).to.deep.equal(['one', 'three', 'four']);
      expect(out).to.match(/no more responses \(3 in 0\.\d s\)\n$/);
    });

    it('ends at the n-th answer with --count', async () => {
      answerWith('k\ta', 'k\tb', 'k\tc');
      const { out } = await runToEnd('client', [address(), 'k', '--count', '2']);
      expect(out).to.match(/ {2}a {2}.*\n.* {2}b {2}.*\nstopped at 2 responses/);
    });

    it('takes in more answers to one question than the system buffers by default', async () => {
      answerWith(...Array.from({ length: 1500 }, (_, i) => `k\tanswer ${i}`));
      const { out } = await runToEnd('client', [address(), 'k', '--json', '--count', '1500', '--timeout', '2']);
      expect(out.trimEnd().split('\n')).to.have.length(1500);
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
