/** What is wrong with a datagram or a frame, for whoever counts or answers it. */

/** Why a datagram is no message (specification, section 3). */
export const MALFORMED_CODES = ['short', 'unknown-type', 'client-address', 'client-port', 'empty-key'] as const;

export type MalformedCode = (typeof MALFORMED_CODES)[number];

/**
 * Why bytes are no message; `reserved-byte` and `too-long`: why a message cannot be put into bytes; the last two are for
 * frames of JSON: a length that is none, a payload that is no JSON.
 */
export type WireErrorCode = MalformedCode | 'reserved-byte' | 'too-long' | 'frame-length' | 'json';

/** Something the peer can mend: bytes that are no message, or a message that fits no datagram. */
export class WireError extends Error {
  readonly code: WireErrorCode;
  /** Byte offset of the field at fault. */
  readonly offset: number;

  constructor(code: WireErrorCode, offset: number, message: string) {
    super(`${message} (at byte ${offset})`);
    this.name = 'WireError';
    this.code = code;
    this.offset = offset;
  }
}
