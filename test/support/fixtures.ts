/** The fixtures as tests read them. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MalformedCode } from '../../shared/wire/wire-error';

const FOLDER = join(__dirname, '..', '..', 'fixtures');

/** A well-formed datagram; texts, keys and values are hex (fixtures/README.md tells the fields). */
export interface Golden {
  name: string;
  hex: string;
  message:
    | { type: 'CLIREQ'; text: string; key: string }
    | { type: 'QUERY'; ttl: number; client: string; sequence: number; text: string; key: string }
    | { type: 'RESPONSE'; key: string | null; value: string; nul: boolean };
}

/** A datagram that is no message. */
export interface Malformed {
  name: string;
  hex: string;
  code: MalformedCode;
  offset: number;
}

export const golden: Golden[] = JSON.parse(readFileSync(join(FOLDER, 'datagrams', 'golden.json'), 'utf8'));
export const malformed: Malformed[] = JSON.parse(readFileSync(join(FOLDER, 'datagrams', 'malformed.json'), 'utf8'));

/** Names of the key-value files. */
export const fixtureNames: string[] = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));

/** The bytes of a key-value file: a copy of the caller's own. */
export function fixture(name: string): Uint8Array {
  return Uint8Array.from(readFileSync(join(FOLDER, name)));
}
