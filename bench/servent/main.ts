/** The benchmark: `npm run bench`. */

import { runMain } from '../../shared/program/run-main';
import { parseOptions } from './options';
import { run } from './shell';

runMain('bench', parseOptions, run);
