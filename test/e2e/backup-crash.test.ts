/** A sample of the crash cycles that `npm run crash:backup` does by the hundred. */

import { CrashingBackup, VICTIMS } from '../crash/backup/cycles';
import { endAllCommands } from '../support/commands';
import { drawsOf } from '../support/seeded';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 0x7fff_ffff));
const CYCLES_EACH = 3;

describe('a backup whose server, agent and admins are killed', function () {
  this.timeout(240_000);
  afterEach(endAllCommands);

  it(`loses nothing that was kept, and goes on (SEED=${SEED})`, async () => {
    const backup = new CrashingBackup(drawsOf(SEED));
    try {
      await backup.start();
      for (let i = 0; i < CYCLES_EACH; i++) for (const victim of VICTIMS) await backup.cycle(victim);
    } catch (error) {
      console.error(backup.notes());
      throw error;
    } finally {
      await endAllCommands();
      backup.remove();
    }
  });
});
