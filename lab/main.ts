#!/usr/bin/env node
/** The `lab` command. */

import { runMain } from '../shared/program/run-main';
import { parseOptions } from './options';
import { run } from './shell';

runMain('lab', parseOptions, run);
