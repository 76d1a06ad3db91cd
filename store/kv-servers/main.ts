#!/usr/bin/env node
/** The `kv-servers` command. */

import { runMain } from '../../shared/program/run-main';
import { askAndServe } from './ask';
import { parseOptions } from './options';
import { serveThree } from './three';

runMain('kv-servers', parseOptions, (options, streams) => (options.ask ? askAndServe : serveThree)(options, streams));
