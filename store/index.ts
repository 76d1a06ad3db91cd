/** A replica of the store, or a server that follows a foreign leader, as a library, for who runs one in a program of their own. */

export { OperatorError, type OperatorErrorCode } from '../shared/errors';
export type { Status } from '../shared/wire/documents';
export { type FollowOptions, followForeignLeader } from './dialects/key-value/foreign-leader';
export { connect, type Server, type ServerEvents } from './server';
export type { StoreSettings } from './settings';
