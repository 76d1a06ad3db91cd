#!/usr/bin/env node
/** The `client` command. */

import { runMain } from '../shared/run-main';
import { parseOptions } from './options';
import { run } from './shell';

runMain('client', parseOptions, run);
