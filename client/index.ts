/** The client as a library, for who only asks: loads no servent. */

export { OperatorError, type OperatorErrorCode } from '../shared/errors';
export type { HostPort, Peer } from '../shared/host-port';
export { WireError, type WireErrorCode } from '../shared/wire/wire-error';
export type { ClientDropReason, Summary } from './core';
export { type Answer, type LookupSummary, lookup } from './lookup';
export type { LookupOptions } from './settings';
