#!/usr/bin/env node
/** The `topology` command. */

import { runMain } from '../shared/program/run-main';
import { parseOptions } from './options';
import { run } from './shell';

runMain('topology', parseOptions, run);
