/**
 * Real replicas killed and stopped while writers write: `npm run crash:store -- --cycles 1000 --seed 1`. Fails when anything that
 * was confirmed is lost, done twice, or the logs differ; prints what was done.
 */

import { endPrograms } from '../../../shared/program/start-program';
import { scriptOptions } from '../../support/script-options';
import { drawsOf } from '../../support/seeded';
import { CrashingStore } from './cycles';

const values = scriptOptions({
  options: { cycles: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
});

void main();

async function main(): Promise<void> {
  const store = new CrashingStore(drawsOf(Number(values.seed)));
  try {
    await store.start();
    for (let i = 1; i <= Number(values.cycles); i++) {
      await store.cycle();
      if (i % 50 === 0) console.log(JSON.stringify(store.tally));
    }
    await store.compareLogs();
    console.log(JSON.stringify({ ...store.tally, seed: Number(values.seed), lost: 0 }));
  } catch (error) {
    console.log(store.notes());
    console.error(error);
    process.exitCode = 1;
  } finally {
    await store.end();
    await endPrograms();
  }
}
