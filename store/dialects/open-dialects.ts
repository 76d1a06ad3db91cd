/** Opens the dialects that a replica's settings ask for. Each is loaded only where it is spoken, with what it depends on. */

import type { StoreOptions } from '../settings';
import type { Dialect } from './dialect';

/** Where dialects say what they have to say. */
export interface DialectEvents {
  /** One sentence for people. */
  note: (text: string) => void;
  /** A line for a request of the key-value dialect. */
  line: (text: string) => void;
}

/** @throws OperatorError `port` */
export async function openDialects(options: StoreOptions, { note, line }: DialectEvents): Promise<Dialect[]> {
  const dialects: Dialect[] = [];
  if (options.kv !== undefined) {
    const { openKeyValue } = require('./key-value/key-value') as typeof import('./key-value/key-value');
    const { connectionsMax, requestMs, kvLog } = options;
    dialects.push(await openKeyValue({ ...options.kv, connectionsMax, requestMs, print: kvLog ? line : undefined }));
  }
  if (options.http !== undefined) {
    const { openRest } = require('./rest/rest') as typeof import('./rest/rest');
    dialects.push(await openRest({ ...options.http, names: namesOf(options), minInSync: options.minInSync, note }));
  }
  return dialects;
}

/** The host names, besides addresses, under which this replica may be asked. */
function namesOf({ host, advertise, http }: StoreOptions): string[] {
  const told = advertise === undefined ? [] : [advertise.slice(0, advertise.lastIndexOf(':'))];
  return [host, http!.host, ...told];
}
