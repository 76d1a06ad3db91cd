/** The store's client as a library: loads no replica, and nothing of its engine. */

export { OperatorError, type OperatorErrorCode } from '../shared/errors';
export type { Status } from '../shared/wire/documents';
export type { Json } from '../shared/wire/json';
export {
  type ClientSettings,
  connectClient,
  type Description,
  type Query,
  type RequestOptions,
  type Schema,
  type StoreClient,
  type StoredDocument,
} from './client';
