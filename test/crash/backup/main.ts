/**
 * Server, agent and admins killed at random moments: `npm run crash:backup -- --cycles 200 --seed 1`. Fails when anything that was
 * kept is lost or damaged; prints what was done.
 */

import { endPrograms } from '../../../shared/program/start-program';
import { scriptOptions } from '../../support/script-options';
import { drawsOf } from '../../support/seeded';
import { CrashingBackup, VICTIMS } from './cycles';

const values = scriptOptions({
  options: { cycles: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
});

void main();

async function main(): Promise<void> {
  const random = drawsOf(Number(values.seed));
  const backup = new CrashingBackup(random);
  try {
    await backup.start();
    for (let i = 1; i <= Number(values.cycles); i++) {
      await backup.cycle(random.pick(VICTIMS));
      if (i % 20 === 0) console.log(JSON.stringify(backup.tally));
    }
    console.log(JSON.stringify({ ...backup.tally, seed: Number(values.seed), lost: 0 }));
  } catch (error) {
    console.log(JSON.stringify({ ...backup.tally, seed: Number(values.seed) }), backup.notes());
    console.error(error);
    process.exitCode = 1;
  } finally {
    await endPrograms();
    backup.remove();
  }
}
