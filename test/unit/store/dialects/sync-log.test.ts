/** The file that says what came of replication, in the words of the definition (forms specification, section 2). */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { SyncLog } from '../../../../store/dialects/rest/sync-log';

const AT = new Date(Date.UTC(2026, 10, 21, 10, 0, 0, 5));
const FOLLOWER = { follower: '127.0.0.1:8001' };
const SEGMENT = '0000000000000001.jsonl';
const NEXT = '0000000000008193.jsonl';

describe('the log of synchronisation', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sync-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const read = (name = 'sync_log.txt'): string => readFileSync(join(folder, name), 'utf8');

  it('says what was found of each follower, file by file', async () => {
    const log = new SyncLog(join(folder, 'sync_log.txt'), () => {});
    log.add({ ...FOLLOWER, found: 'same', from: 8190, to: 8200 }, [SEGMENT, NEXT], AT);
    log.add({ ...FOLLOWER, found: 'differs', from: 7, to: 7 }, [SEGMENT], AT);
    log.add({ ...FOLLOWER, found: 'missing', from: 8, to: 7 }, [SEGMENT], AT);
    await log.close();
    expect(read().split('\n')).to.deep.equal([
      '2026-11-21 10:00:00.005Z - INFO - La sincronización ha sido satisfactoria para el archivo 0000000000000001.jsonl (127.0.0.1:8001, entradas 8190 a 8200)',
      '2026-11-21 10:00:00.005Z - INFO - La sincronización ha sido satisfactoria para el archivo 0000000000008193.jsonl (127.0.0.1:8001, entradas 8190 a 8200)',
      '2026-11-21 10:00:00.005Z - ERROR - La sincronización ha fallado para el archivo 0000000000000001.jsonl (127.0.0.1:8001, entradas 7 a 7)',
      '2026-11-21 10:00:00.005Z - ERROR - El archivo 0000000000000001.jsonl no se ha replicado en el nodo seguidor (127.0.0.1:8001, tras la entrada 7)',
      '',
    ]);
  });

  it('sets a file aside that has grown, and goes on in a new one', async () => {
    const log = new SyncLog(join(folder, 'sync_log.txt'), () => {}, 300);
    for (let index = 1; index <= 5; index++) {
      log.add({ ...FOLLOWER, found: 'same', from: index, to: index }, [SEGMENT], AT);
      await log.close();
    }
    expect(readdirSync(folder).sort()).to.deep.equal(['sync_log.1.txt', 'sync_log.txt']);
    expect(
      [...`${read('sync_log.1.txt')}${read()}`.matchAll(/entradas (\d)/g)].map(([, index]) => index),
    ).to.include.members(['4', '5']);
    expect(read().length).to.be.at.most(300);
  });

  it('tells once that it cannot be written, and disturbs nobody', async () => {
    writeFileSync(join(folder, 'file'), '');
    const notes: string[] = [];
    const log = new SyncLog(join(folder, 'file', 'sync_log.txt'), (text) => notes.push(text));
    for (const index of [1, 2]) {
      log.add({ ...FOLLOWER, found: 'same', from: index, to: index }, [SEGMENT], AT);
      await log.close();
    }
    expect(notes).to.have.length(1);
    expect(notes[0]).to.match(/sync_log\.txt cannot be written: ENOTDIR/);
  });
});
