#!/usr/bin/env node
/** The `store` command. */

import { runMain } from '../shared/program/run-main';
import { parseOptions } from './options';
import { run } from './shell';

runMain('store', parseOptions, run);
