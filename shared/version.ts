/** The version of the package this file belongs to, whether it runs from source or compiled. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** As in package.json. */
export function version(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}
