/** Which error it is. */

import { OperatorError, type OperatorErrorCode } from '../../../shared/errors';

export function isOperatorError(error: unknown, code: OperatorErrorCode): boolean {
  return error instanceof OperatorError && error.code === code;
}
