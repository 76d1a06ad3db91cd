/**
 * A replica whose disk fails at the first, second, ... call: `npm run disk:store -- --count 200`. Fails when anything was
 * confirmed after the failure, or lost.
 */

import { endPrograms } from '../../../shared/program/start-program';
import { scriptOptions } from '../../support/script-options';
import { FAULTS, type FaultName, failAt } from './failing-disk';

const values = scriptOptions({ options: { count: { type: 'string', default: '20' } } });

void main();

async function main(): Promise<void> {
  try {
    for (const name of Object.keys(FAULTS) as FaultName[]) {
      let met = 0;
      let confirmed = 0;
      for (let n = 1; n <= Number(values.count); n++) {
        const outcome = await failAt(name, n);
        confirmed += outcome.confirmed;
        // There are no more such calls.
        if (!outcome.met) break;
        met++;
      }
      console.log(JSON.stringify({ fault: name, met, confirmed, lost: 0 }));
    }
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  } finally {
    await endPrograms();
  }
}
