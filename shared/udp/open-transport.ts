/** Chooses the transport: batches where they can be had, else Node's dgram. */

import { isSystemError, OperatorError } from '../errors';
import { openBatchTransport } from './batch-transport';
import { openDgramTransport } from './dgram-transport';
import { NoBatchesError } from './libc';
import type { IoChoice, Transport, TransportEvents, TransportOptions } from './transport';

/**
 * Opens a UDP port. Where `auto` has to do without batches, `onFallback` is told why, in part of a sentence.
 * @throws the system's error when the port cannot be bound; OperatorError `io` when batches are asked for and cannot be had.
 */
export async function openTransport(
  io: IoChoice,
  options: TransportOptions,
  events: TransportEvents,
  onFallback: (why: string) => void = () => {},
): Promise<Transport> {
  if (io === 'dgram') return openDgramTransport(options, events);
  try {
    return await openBatchTransport(options, events);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (io === 'batch') throw new OperatorError('io', `${NO_BATCHES}: ${error.message}`, { cause: error });
    onFallback(error.message);
    return openDgramTransport(options, events);
  }
}

const NO_BATCHES = 'expected batched system calls, which cannot be had here';

/** Are batches refused? A port that cannot be bound cannot be bound the other way either, and any other error is ours. */
function isRefusal(error: unknown): error is Error {
  return error instanceof NoBatchesError || (isSystemError(error) && error.syscall !== 'bind');
}
