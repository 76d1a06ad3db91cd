/** The name of a chunk. */

import { hash } from 'node:crypto';

/** SHA-256 in base64 without padding. */
export function sumOf(contents: Uint8Array): string {
  return hash('sha256', contents, 'base64').slice(0, 43);
}
