#!/usr/bin/env node
/** The `store-client` command. */

import { runMain } from '../shared/program/run-main';
import { parseOptions } from './options';
import { run } from './shell';

runMain('store-client', parseOptions, run);
