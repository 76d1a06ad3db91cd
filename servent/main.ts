#!/usr/bin/env node
/** The `servent` command. */

import { runMain } from '../shared/run-main';
import { parseOptions } from './options';
import { run } from './shell';

runMain('servent', parseOptions, run);
