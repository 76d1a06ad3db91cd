/** Errors by who can mend them: the person at the keyboard here, the peer in wire/wire-error.ts; every other error is ours. */

/** What went wrong, for code and tests. A command exits with 2 for `usage`, with 1 for all others. */
export type OperatorErrorCode =
  /** A word of the command line, or a setting: unknown, malformed, out of its range. */
  | 'usage'
  /** A file that cannot be read or used. */
  | 'file'
  /** A folder that another process has open. */
  | 'lock'
  /** A folder that another version of the program wrote. */
  | 'format'
  /** Files of a store or of a backup that are not what was written. */
  | 'damage'
  /** A port that cannot be bound. */
  | 'port'
  /** A host name without an IPv4 address. */
  | 'host'
  /** The transport asked for cannot be had here. */
  | 'io'
  /** The system refuses to send. */
  | 'send'
  /** Asked for something that is not there: a copy, a node and path that nobody registered. */
  | 'missing'
  /** A servent, or any replica of a store, that cannot be reached. */
  | 'unreachable'
  /** A store's coordination service that cannot be used, or whose record is damaged. */
  | 'coordination'
  /** A replica that cannot go on. */
  | 'replica'
  /** What a store will not do. */
  | 'refused'
  /** Asked of something that was closed. */
  | 'closed'
  /** Another program that did not start. */
  | 'start'
  /** A topology's file that says what no topology can be. */
  | 'topology'
  /** No C compiler, which a measurement needs. */
  | 'compiler';

/** Something the person at the keyboard can mend. Its message is one sentence that names the offending word. */
export class OperatorError extends Error {
  readonly code: OperatorErrorCode;

  constructor(code: OperatorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OperatorError';
    this.code = code;
  }
}

/** Words or settings that cannot be understood: exit status 2. */
export function usageError(message: string): OperatorError {
  return new OperatorError('usage', message);
}

/** An error that the operating system gave, with its name for it in `code`. */
export interface SystemError extends Error {
  code: string;
  syscall: string;
}

/** Did the system refuse? Whoever catches errors to go on another way lets all others pass: they are ours. */
export function isSystemError(error: unknown): error is SystemError {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as Partial<SystemError>;
  return typeof code === 'string' && typeof syscall === 'string';
}

/**
 * What became of a file that the system would not read or write, in one sentence for all programs; hands any other error on.
 * @param wanted what was expected, such as `a readable key-value file`
 */
export function fileError(wanted: string, path: string, cause: unknown): unknown {
  if (!isSystemError(cause)) return cause;
  // Node's messages name the path and the call again: `ENOENT: no such file or directory, open 'services.txt'`.
  const reason = cause.message.startsWith(`${cause.code}: `)
    ? cause.message.replace(/, \w+( '.*')?$/s, '')
    : cause.message;
  return new OperatorError('file', `expected ${wanted}, got "${path}": ${reason}`, { cause });
}

/** What became of a port that the system would not bind, in one sentence for all programs; hands any other error on. */
export function portError(protocol: 'TCP' | 'UDP', where: string, cause: unknown): unknown {
  if (!isSystemError(cause)) return cause;
  const reason = BIND_FAILURES[cause.code] ?? cause.message;
  return new OperatorError('port', `expected a ${protocol} port that can be bound, got ${where}: ${reason}`, { cause });
}

/** What the system's names for a failed bind mean to a person. */
const BIND_FAILURES: Record<string, string> = {
  EADDRINUSE: 'the port is in use',
  EACCES: 'binding it is not permitted',
  EADDRNOTAVAIL: 'the address is not one of this machine',
  ENOTFOUND: 'there is no host of that name',
};
