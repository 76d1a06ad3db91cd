/**
 * The store's speed beside etcd and Redis, all on loopback, in turn, in one run: `npm run bench:store`, or a part of it,
 * `-- --only writes,searches,takeover,newcomer`; `takeover-zookeeper` comes only where it is named. What is not installed is named
 * and left out.
 *
 *     apt-get install --no-install-recommends etcd-server etcd-client redis-server
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { endPrograms } from '../../shared/program/start-program';
import { scriptOptions } from '../../test/support/script-options';
import { Zookeeper } from '../../test/support/store/zookeeper';
import { type Section, sectionLines, targetLines } from '../servent/sections';
import { newcomer } from './newcomer';
import { searches } from './searches';
import { takeovers } from './takeover';
import { writes } from './writes';

const values = scriptOptions({
  options: {
    only: { type: 'string', default: 'writes,searches,takeover,newcomer' },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    kills: { type: 'string', default: '50' },
    documents: { type: 'string', default: '1000000' },
    /** Documents are inserted under request identities. */
    identities: { type: 'boolean', default: false },
    /** Where the files lie: the disk that is measured. */
    folder: { type: 'string', default: tmpdir() },
  },
});

void main();

async function main(): Promise<void> {
  const folder = mkdtempSync(join(values.folder, 'bench-store-'));
  const turns = { seconds: Number(values.seconds), rounds: Number(values.rounds) };
  const parts: Record<string, () => Promise<Section[]>> = {
    writes: () => writes(join(folder, 'writes'), turns),
    searches: async () => [await searches(join(folder, 'searches'), turns)],
    takeover: async () => [await takeovers(folder, Number(values.kills))],
    'takeover-zookeeper': async () => [
      await underZookeeper((servers) => takeovers(folder, Number(values.kills), servers)),
    ],
    newcomer: async () => [await newcomer(folder, Number(values.documents), values.identities)],
  };
  const sections: Section[] = [];
  try {
    console.log(`load of the machine before: ${loadavg()[0]!.toFixed(1)}`);
    for (const name of values.only.split(',')) {
      const part = parts[name];
      if (!part) throw new Error(`expected --only with some of ${Object.keys(parts).join(',')}, got "${name}"`);
      const made = await part();
      sections.push(...made);
      for (const section of made) console.log(sectionLines(section).join('\n'));
    }
    console.log(targetLines(sections.flatMap(({ targets }) => targets)).join('\n'));
  } finally {
    await endPrograms();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function underZookeeper<Result>(work: (servers: string) => Promise<Result>): Promise<Result> {
  const zookeeper = await Zookeeper.start();
  try {
    return await work(zookeeper.servers);
  } finally {
    await zookeeper.close();
  }
}
