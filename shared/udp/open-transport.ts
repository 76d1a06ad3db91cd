/** Chooses the transport: batches where they can be had, else Node's dgram. */

import { OperatorError } from '../errors';
import { openBatchTransport } from './batch-transport';
import { openDgramTransport } from './dgram-transport';
import type { Transport, TransportEvents, TransportOptions } from './transport';

export const IO_CHOICES = ['auto', 'dgram', 'batch'] as const;

/** `auto` takes batches where they load and work. */
export type IoChoice = (typeof IO_CHOICES)[number];

/**
 * Opens a UDP port.
 * @throws the system's error when the port cannot be bound; OperatorError `io` when batches are asked for and cannot be had.
 */
export async function openTransport(
  io: IoChoice,
  options: TransportOptions,
  events: TransportEvents,
): Promise<Transport> {
  if (io === 'dgram') return openDgramTransport(options, events);
  try {
    return await openBatchTransport(options, events);
  } catch (error) {
    // A port that cannot be bound cannot be bound the other way either.
    if ((error as NodeJS.ErrnoException).syscall === 'bind') throw error;
    if (io === 'auto') return openDgramTransport(options, events);
    throw new OperatorError('io', `--io batch cannot be had here: ${firstLine(error)}`, { cause: error });
  }
}

/** Of a module that is missing, the rest of the message lists who asked for it. */
function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!;
}
