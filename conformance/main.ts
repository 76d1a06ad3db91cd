#!/usr/bin/env node
/** The `conformance` command. */

import { runMain } from '../shared/program/run-main';
import { parseOptions } from './options';
import { run } from './shell';

runMain('conformance', parseOptions, run);
