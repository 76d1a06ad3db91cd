/** What stands in a socket is not yet heard: where nothing should have come, all is read first. */

import { setImmediate as nextTurn } from 'node:timers/promises';

/** A turn of Node's event loop reads no more than 32 datagrams of a socket; no case has so many on their way as these take. */
const TURNS = 4;

/** Awaits that sockets have been read: who slept too long on a busy machine counts what came meanwhile. */
export async function readAll(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await nextTurn();
}
