#!/usr/bin/env node
/** The `client` command. */

import { runMain } from '../shared/program/run-main';
import { parseOptions } from './options';
import { run } from './shell';

runMain('client', parseOptions, run);
