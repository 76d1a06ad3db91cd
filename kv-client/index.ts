/** The key-value client as a library: loads no replica. */

export { OperatorError, type OperatorErrorCode } from '../shared/errors';
export { type ClientSettings, KeyValueClient, type RequestOptions } from './client';
export type { Result } from './core';
