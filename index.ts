/** The package as a library: a servent to run, a question to ask, the file parser, the codec. Loads neither yargs nor Graphviz. */

import type { KeyValueFile, ParseOptions } from './servent/key-value-file';
import { parseKeyValueFile as parse } from './servent/key-value-file';

export * from './client/index';
export { cidrOf, DEFENCE_DEFAULTS } from './servent/defence-settings';
export type { AddressLimits, DefenceOptions, DefenceReason, Rate } from './servent/defences';
export type { KeyValueFile, Pairs, ParseOptions, Problem } from './servent/key-value-file';
export type { Handled, ServentObserver } from './servent/observed-servent';
export type { DropReason } from './servent/outbox';
export type { Pair, PairSource } from './servent/pair-source';
export { type LoadedFile, type Servent, startServent } from './servent/servent';
export type { ServentSettings } from './servent/settings';
export type { ServentStats } from './servent/status';
export type { Cidr } from './shared/address-classes';
export type { IoChoice } from './shared/udp/transport';
export * from './shared/wire/overlay/index';

/**
 * Parses a key-value file. The bytes become the memory of the pairs: do not use them afterwards.
 * Never throws for what stands in the file: a line that is no pair is skipped and reported.
 */
export const parseKeyValueFile: (bytes: Uint8Array, options?: ParseOptions) => KeyValueFile = parse;
