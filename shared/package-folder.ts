/** Where this package lies, whether it runs from source or compiled. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder with package.json. */
export function packageFolder(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}
