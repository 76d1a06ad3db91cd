/** The name of a chunk. */

import { createHash } from 'node:crypto';

/** SHA-256 in base64 without padding. */
export function sumOf(contents: Uint8Array): string {
  return createHash('sha256').update(contents).digest('base64').slice(0, 43);
}
