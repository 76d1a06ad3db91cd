/** A replica whose disk takes no more: it ends with one sentence, and all that it confirmed is there when there is room again. */

import { expect } from 'chai';
import { type Program, readyEvent, startProgram } from '../../shared/program/start-program';
import { connectClient } from '../../store-client/client';
import { endAllCommands, ROOT, scriptOf } from '../support/commands';
import { Replicas } from '../support/store/replicas';

/** No file may become larger, in blocks of 512 bytes. */
const BLOCKS = 200;
/** The log meets that with large documents; with so many small ones, of which all is indexed, the documents' file does, when it is flushed. */
const CASES = [
  {
    file: 'log',
    schema: { text: 'str' },
    document: { text: 'x'.repeat(20_000) },
    documents: 1000,
    reason: /expected files that can be written, got EFBIG/,
  },
  {
    file: 'documents',
    schema: Object.fromEntries(Array.from('abcdefgh', (name) => [`*${name}`, 'int'] as const)),
    document: Object.fromEntries(Array.from('abcdefgh', (name) => [name, 1])),
    documents: 200,
    reason: /expected files that can be written, got .*writing documents/,
  },
] as const;

describe('a replica whose disk is full', function () {
  this.timeout(60_000);
  let replicas: Replicas;
  beforeEach(function () {
    if (process.platform === 'win32') this.skip();
    replicas = new Replicas();
  });
  afterEach(async () => {
    await endAllCommands();
    replicas?.remove();
  });

  const startLimited = async (): Promise<{ program: Program; address: string }> => {
    const words = [scriptOf('store'), replicas.path, '127.0.0.1:0', '--json'];
    const program = startProgram('sh', ['-c', `ulimit -f ${BLOCKS} && exec "$0" "$@"`, process.execPath, ...words], {
      cwd: ROOT,
      tied: true,
    });
    const { address, port } = await readyEvent<{ address: string; port: number }>(program, 'a replica');
    return { program, address: `${address}:${port}` };
  };

  for (const { file, schema, document, documents, reason } of CASES) {
    it(`for its ${file}: ends with one sentence, and has lost nothing that it confirmed`, async () => {
      const { program, address } = await startLimited();
      const confirmed: string[] = [];
      {
        await using client = await connectClient(address, { timeoutMs: 1000 });
        await client.create('c', schema);
        while (confirmed.length < documents) {
          const id = await client.insert('c', document).catch(() => undefined);
          if (id === undefined) break;
          confirmed.push(id);
        }
      }
      const { status, out, err } = await program.ended();
      expect(status).to.equal(1);
      expect(out + err).to.match(reason);
      expect(out + err).to.not.match(/node:internal|Node\.js v/);
      const back = await replicas.start(address);
      await back.until(/leads epoch/);
      await using client = await connectClient(address);
      const found = new Set((await client.search('c', {})).map(({ _id }) => _id));
      expect(confirmed.length).to.be.greaterThan(0);
      expect(confirmed.filter((id) => !found.has(id))).to.deep.equal([]);
    });
  }
});
