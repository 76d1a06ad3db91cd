/** Errors by who can mend them: the person at the keyboard here, the peer in wire/wire-error.ts; every other error is ours. */

/** Something the person at the keyboard can mend. Its message is one sentence that names the offending word. */
export class OperatorError extends Error {
  /** What went wrong, for code and tests: `usage`, or the name of the start that failed (`file`, `port`, `host`, `io`, ...). */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OperatorError';
    this.code = code;
  }
}

/** A command line that cannot be understood: exit status 2. */
export function usageError(message: string): OperatorError {
  return new OperatorError('usage', message);
}
