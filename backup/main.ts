#!/usr/bin/env node
/** The `backup` command. */

import { runMain } from '../shared/program/run-main';
import { parseOptions } from './options';
import { run } from './shell';

runMain('backup', parseOptions, run);
