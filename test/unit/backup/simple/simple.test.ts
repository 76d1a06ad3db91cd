import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { pack } from 'tar-stream';
import { parseQuestion, parseRequest } from '../../../../backup/simple/wire';
import { portOf, Served } from '../../../support/backup/served';

describe('the simple wire', () => {
  describe('has lines', () => {
    it('of admins, whose paths may hold spaces, digits and dashes', () => {
      expect(parseQuestion('reg: host 5000 /home/a b-1 30')).to.deep.equal({
        type: 'reg',
        node: 'host',
        port: 5000,
        path: '/home/a b-1',
        seconds: 30,
      });
      expect(parseQuestion('unreg: host /x')).to.deep.equal({ type: 'unreg', node: 'host', path: '/x' });
      expect(parseQuestion('query: host a b')).to.deep.equal({ type: 'query', node: 'host', path: 'a b' });
      expect(parseQuestion('shutdown')).to.deep.equal({ type: 'shutdown' });
      for (const line of ['', 'reg: host', 'reg: host 1 /x often', 'shut', 'query: host']) {
        expect(parseQuestion(line), line).to.equal(undefined);
      }
    });

    it('of servers', () => {
      expect(parseRequest('/home/a:')).to.deep.equal({ path: '/home/a', md5: '' });
      expect(parseRequest(`a b:${'0A'.repeat(16)}`)).to.deep.equal({ path: 'a b', md5: '0a'.repeat(16) });
      for (const line of ['', ':', 'a', 'a:b', 'a:b:']) expect(parseRequest(line), line).to.equal(undefined);
    });
  });

  describe('between servers and agents', () => {
    let served: Served;
    let root: string;

    beforeEach(async () => {
      served = await Served.start();
      root = join(served.folder, 'lent');
      mkdirSync(join(root, 'letters', 'sub'), { recursive: true });
      writeFileSync(join(root, 'letters', 'a'), 'first');
      writeFileSync(join(root, 'letters', 'sub', 'b'), 'second');
      symlinkSync('a', join(root, 'letters', 'link'));
    });
    afterEach(() => served.end());

    it('an agent says the exact bytes: y and a tar.gz, or n', async () => {
      const node = await served.simpleAgent(root);
      const first = await exchange(node, 'letters:\n');
      expect(first.subarray(0, 17).toString()).to.equal('updates needed: y');
      const tar = gunzipSync(first.subarray(17)).toString('latin1');
      expect(tar).to.include(join(root, 'letters', 'sub', 'b').slice(1));
      const md5 = createHash('md5').update('firstsecond').digest('hex');
      expect((await exchange(node, `letters:${md5}\n`)).toString()).to.equal('updates needed: n');
      expect((await exchange(node, `${join(root, 'letters')}:${md5}\n`)).toString()).to.equal('updates needed: n');
    });

    it('an agent says nothing of what is missing or outside', async () => {
      const node = await served.simpleAgent(root);
      for (const path of ['missing', '..', '../lent', '/etc/passwd', 'letters/link/x', 'letters/../..']) {
        expect((await exchange(node, `${path}:\n`)).length, path).to.equal(0);
      }
    });

    it('a server fetches from such an agent, and nothing when nothing has changed', async () => {
      const node = await served.simpleAgent(root);
      await served.register(node, 'letters', { wire: 'simple' });
      expect(await served.run(node, 'letters')).to.include({ outcome: 'copied', copy: 1, entries: 5, bytes: 11 });
      expect(await served.run(node, 'letters')).to.include({ outcome: 'unchanged', travelled: 17 });
      appendFileSync(join(root, 'letters', 'a'), '!');
      expect(await served.run(node, 'letters')).to.include({ outcome: 'copied', copy: 2, bytes: 12 });
    });

    it('a server answers simple admins on its own port: reg, query, unreg, shutdown', async () => {
      const node = await served.simpleAgent(root);
      const server = served.server.address;
      expect((await exchange(server, `reg: 127.0.0.1 ${portOf(node)} letters 3600\n`)).length).to.equal(0);
      await served.run(node, 'letters');
      const tar = gunzipSync(await exchange(server, 'query: 127.0.0.1 letters\n')).toString('latin1');
      expect(tar).to.include('letters/sub/b').and.to.include('second');
      expect((await exchange(server, 'query: 127.0.0.1 nowhere\n')).length).to.equal(0);
      expect((await exchange(server, 'unreg: 127.0.0.1 letters\n')).length).to.equal(0);
      expect((await served.admin.ask('list', {})).jobs).to.deep.equal([]);
      await exchange(server, 'shutdown\n');
      await served.server.shutdown;
    });

    const hostile: [what: string, entries: { name: string; type?: string; linkname?: string }[], error: RegExp][] = [
      ['a name with ..', [{ name: 'x/letters/../../evil' }], /expected names below/],
      ['names elsewhere', [{ name: 'x/letters/a' }, { name: 'etc/passwd' }], /expected names below/],
      [
        'a file in a link',
        [{ name: 'x/letters/l', type: 'symlink', linkname: '/etc' }, { name: 'x/letters/l/passwd' }],
        /expected a folder above/,
      ],
      [
        'a link out of it',
        [{ name: 'x/letters/a' }, { name: 'x/letters/b', type: 'link', linkname: 'etc/passwd' }],
        /expected names below/,
      ],
    ];
    for (const [what, entries, error] of hostile) {
      it(`a hostile agent gets nothing by ${what}`, async () => {
        const tar = pack();
        for (const entry of entries) tar.entry(entry as never, 'type' in entry ? (undefined as never) : 'evil');
        tar.finalize();
        const pieces: Buffer[] = [];
        for await (const piece of tar as unknown as AsyncIterable<Buffer>) pieces.push(piece);
        expect(
          (await runAgainst(Buffer.concat([Buffer.from('updates needed: y'), gzipSync(Buffer.concat(pieces))]))).error,
        ).to.match(error);
      });
    }

    it('a hostile agent gets nothing by other words, a tar cut short, or no tar', async () => {
      expect((await runAgainst(Buffer.from(''))).error).to.match(
        /expected something at "letters", got an empty answer/,
      );
      expect((await runAgainst(Buffer.from('updates needed: n'))).error).to.match(/expected "updates needed: y"/);
      expect((await runAgainst(Buffer.from('updates needed: x'))).error).to.match(/expected "updates needed: y"/);
      expect((await runAgainst(Buffer.from('updates needed: yrubbish'))).error).to.match(/expected a tar.gz/);
      const zeros = gzipSync(Buffer.alloc(4096));
      const cut = Buffer.concat([Buffer.from('updates needed: y'), zeros.subarray(0, zeros.length - 4)]);
      expect((await runAgainst(cut)).error).to.match(/expected a tar.gz/);
    });

    async function runAgainst(answer: Buffer): Promise<{ error?: string; outcome: string }> {
      const node = await served.serve(
        createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(answer))),
      );
      await served.register(node, 'letters', { wire: 'simple' });
      return served.run(node, 'letters');
    }
  });
});

/** Sends a line, and gives all that comes until the end. */
function exchange(address: string, line: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    connect({ host: '127.0.0.1', port: portOf(address) }, function (this: { write(text: string): void }) {
      this.write(line);
    })
      .on('data', (piece: Buffer) => pieces.push(piece))
      .on('end', () => resolve(Buffer.concat(pieces)))
      .on('close', () => resolve(Buffer.concat(pieces)))
      .on('error', reject);
  });
}
