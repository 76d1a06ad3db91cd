/**
 * Tells when a socket made elsewhere has something to read, and leaves the reading to its owner: Node's event loop watches the
 * descriptor. Node offers that to C alone; koffi hands it on.
 */

import { loadKoffi, NoBatchesError } from './libc';

/** A watched socket. */
export interface Watch {
  /** Ends the watch; the descriptor stays open. */
  close(): void;
}

/**
 * Watches a descriptor: `readable` is told in each turn of the event loop in which there is something to read, be it an error.
 * It must not throw, and what it does is not followed by promises' work. @throws NoBatchesError where it cannot be watched.
 */
export type WatchSocket = (fd: number, readable: () => void) => Watch;

export const watchSocket: WatchSocket = (fd, readable) => {
  const { node } = loadKoffi();
  try {
    // Its types leave the status out, which comes first.
    const told = (...[status]: unknown[]): void => {
      readable();
      // The event loop ends a watch that meets an error, as of a connected peer that is gone: it goes on.
      if (status !== 0) watch.start(told);
    };
    const watch = node.poll(fd, told);
    return watch;
  } catch (cause) {
    throw new NoBatchesError(`koffi cannot watch a socket: ${(cause as Error).message}`, { cause });
  }
};
