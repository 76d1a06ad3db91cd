/** The benchmark: `npm run bench`. */

import { runMain } from '../shared/run-main';
import { parseOptions } from './options';
import { run } from './shell';

runMain('bench', parseOptions, run);
