#!/usr/bin/env node
/** The `servent` command. */

import { runMain } from '../shared/program/run-main';
import { parseOptions } from './options';
import { run } from './shell';

runMain('servent', parseOptions, run);
