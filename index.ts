/** The package as a library: a servent to run, a question to ask, the file parser and the codec. */

export type { Summary } from './client/core';
export { type Answer, type LookupOptions, lookup } from './client/lookup';
export { type KeyValueFile, type Problem, parseKeyValueFile } from './servent/key-value-file';
export type { PairTable } from './servent/pair-table';
export {
  type LoadedFile,
  type Servent,
  type ServentSettings,
  type ServentStats,
  startServent,
} from './servent/servent';
export { OperatorError } from './shared/errors';
export type { HostPort } from './shared/host-port';
export type { Clireq } from './shared/wire/overlay/clireq';
export { decode, encode, type Message } from './shared/wire/overlay/message';
export type { Query } from './shared/wire/overlay/query';
export type { Response } from './shared/wire/overlay/response';
export { WireError, type WireErrorCode } from './shared/wire/wire-error';
