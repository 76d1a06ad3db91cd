/**
 * Real replicas killed and stopped while writers write: `npm run crash:store -- --cycles 1000 --seed 1`; with `--zookeeper`
 * coordinated by a real one, with `--takeovers 100` until so often another replica led than before. Fails when anything that was
 * confirmed is lost, done twice, or the logs differ; prints what was done.
 */

import { endPrograms } from '../../../shared/program/start-program';
import { scriptOptions } from '../../support/script-options';
import { drawsOf } from '../../support/seeded';
import { Zookeeper } from '../../support/store/zookeeper';
import { CrashingStore } from './cycles';

const values = scriptOptions({
  options: {
    cycles: { type: 'string', default: '10' },
    takeovers: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    zookeeper: { type: 'boolean', default: false },
  },
});

void main();

async function main(): Promise<void> {
  const zookeeper = values.zookeeper ? await Zookeeper.start() : undefined;
  const store = new CrashingStore(drawsOf(Number(values.seed)), zookeeper?.servers);
  try {
    await store.start();
    while (store.tally.cycles < Number(values.cycles) || store.tally.takeovers < Number(values.takeovers)) {
      await store.cycle();
      if (store.tally.cycles % 10 === 0) console.log(JSON.stringify(store.tally));
    }
    await store.compareLogs();
    console.log(JSON.stringify({ ...store.tally, seed: Number(values.seed), lost: 0 }));
  } catch (error) {
    console.log(JSON.stringify(store.tally));
    console.log(store.notes());
    console.error(error);
    console.error(`the replicas' files are in ${store.path}`);
    process.exitCode = 1;
  } finally {
    await store.end();
    if (process.exitCode === undefined) store.remove();
    await zookeeper?.close();
    await endPrograms();
  }
}
