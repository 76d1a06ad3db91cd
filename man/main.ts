/** Writes the manual pages into dist/man: `npm run man`, a part of every build. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMAND_LINE as BACKUP } from '../backup/options';
import { COMMAND_LINE as CLIENT } from '../client/options';
import { COMMAND_LINE as CONFORMANCE } from '../conformance/options';
import { COMMAND_LINE as KV_CLIENT } from '../kv-client/options';
import { COMMAND_LINE as LAB } from '../lab/options';
import { COMMAND_LINE as SERVENT } from '../servent/options';
import type { CommandLine } from '../shared/program/declarations';
import { manPage } from '../shared/program/man-page';
import { packageFolder } from '../shared/program/package-folder';
import { version } from '../shared/program/version';
import { COMMAND_LINE as KV_SERVERS } from '../store/kv-servers/options';
import { COMMAND_LINE as STORE } from '../store/options';
import { COMMAND_LINE as STORE_CLIENT } from '../store-client/options';
import { COMMAND_LINE as TOPOLOGY } from '../topologies/options';

/** Every command of the package, with what whatis(1) says of it. */
const PAGES: readonly [CommandLine<unknown>, about: string][] = [
  [SERVENT, 'serve a key-value file in a UDP overlay of peers'],
  [CLIENT, 'ask an overlay of servents for the values of keys'],
  [STORE, 'serve a replica of a document store that survives its leader'],
  [STORE_CLIENT, 'put documents into a replicated store, and find them'],
  [KV_CLIENT, 'put and get values through servers of a key-value group'],
  [KV_SERVERS, 'try a key-value group: three servers, or one that asks for its port'],
  [TOPOLOGY, 'run, check, simulate and draw overlays of servents'],
  [BACKUP, 'keep copies of what lies on many machines'],
  [LAB, 'watch an overlay at work in a browser'],
  [CONFORMANCE, 'grade any implementation of the protocols, rule by rule'],
];

const folder = join(packageFolder(), 'dist', 'man');
mkdirSync(folder, { recursive: true });
for (const [commandLine, about] of PAGES) {
  writeFileSync(join(folder, `${commandLine.name}.1`), manPage(commandLine, about, version()));
}
