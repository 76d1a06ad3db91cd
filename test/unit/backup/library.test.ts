import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { AdminClient, BackupServer, OperatorError, startAgent } from '../../../backup/index';
import { temporaryFolders } from '../../support/backup/folders';

const LOOPBACK = { host: '127.0.0.1', port: 0 } as const;

describe('the backup as a library', () => {
  const newFolder = temporaryFolders();

  it('lends a folder, keeps a copy of it, and says what it has', async () => {
    const folder = newFolder();
    const root = join(folder, 'lent');
    mkdirSync(root);
    writeFileSync(join(root, 'letter'), 'dear Ann');
    const agent = await startAgent({
      ...LOOPBACK,
      root,
      wire: 'http',
      token: undefined,
      tls: undefined,
      paranoid: false,
      onQuestion() {},
    });
    const server = await BackupServer.start({
      ...LOOPBACK,
      folder: join(folder, 'kept'),
      parallel: 1,
      bandwidth: Number.POSITIVE_INFINITY,
      token: undefined,
      tlsCa: undefined,
      simpleListen: false,
      onRun() {},
      onProblem() {},
    });
    try {
      const [host, port] = server.address.split(':');
      const admin = new AdminClient({ host: host!, port: Number(port), token: undefined });
      const source = { node: agent.address, path: '' };
      const how = { everyMs: 3_600_000, keep: 3, wire: 'http', tls: false, paranoid: false } as const;
      expect(await admin.ask('register', { ...source, ...how })).to.deep.equal({ isNew: true, node: agent.address });
      for await (const line of admin.lines('run', source)) if (line.type === 'end') break;
      const { copies } = await admin.ask('query', source);
      expect(copies.map(({ copy, bytes }) => [copy, bytes])).to.deep.equal([[1, 8]]);
    } finally {
      await server.close();
      agent.close();
    }
    expect(readFileSync(join(root, 'letter'), 'utf8')).to.equal('dear Ann');
  });

  it('says in one sentence what is wrong with a folder', async () => {
    const nowhere = join(newFolder(), 'none');
    const settings = { ...LOOPBACK, root: nowhere, wire: 'http', token: undefined, tls: undefined } as const;
    const error = await startAgent({ ...settings, paranoid: false, onQuestion() {} }).catch((cause: unknown) => cause);
    expect(error).to.be.instanceOf(OperatorError).with.property('code', 'file');
  });
});
