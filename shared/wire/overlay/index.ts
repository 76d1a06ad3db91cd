/** The codec as a library: the three messages, and endpoints as they stand in them. Does no I/O. */

export { type Endpoint, endpointOf, formatEndpoint, ipOf, parseEndpoint, portOf } from '../../endpoint';
export { WireError, type WireErrorCode } from '../wire-error';
export type { Clireq } from './clireq';
export { decode, encode, type Message } from './message';
export type { Query } from './query';
export type { Response } from './response';
