/** The version of the package this file belongs to. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from './package-folder';

/** Read once: a replica's status holds it, and that is looked at with every write of a form. */
let known: string | undefined;

/** As in package.json. */
export function version(): string {
  known ??= (JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string }).version;
  return known;
}
