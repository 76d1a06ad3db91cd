/** Tells the file system's refusals, which are the tree's matter, from bugs, which are ours. */

/** Only the system's errors are the tree's matter. @throws any other */
export function systemError(error: unknown): NodeJS.ErrnoException {
  if (error instanceof Error && 'syscall' in error) return error as NodeJS.ErrnoException;
  throw error;
}
