/** Where this package lies, whether it runs from source or compiled. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The nearest folder with a package.json, from `start` upwards. @throws when there is none up to the root */
export function packageFolder(start = __dirname): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error(`expected a package.json in ${start} or above it, found none`);
  }
}
