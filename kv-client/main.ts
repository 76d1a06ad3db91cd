#!/usr/bin/env node
/** The `kv-client` command. */

import { runMain } from '../shared/program/run-main';
import { parseOptions } from './options';
import { run } from './shell';

runMain('kv-client', parseOptions, run);
