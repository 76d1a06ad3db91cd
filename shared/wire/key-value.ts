/**
 * Messages of the key-value dialect (key-value specification, section 2): one JSON object each way on a connection, always with
 * the same four fields, and no end mark but the object's own end.
 */

import { decodeJson, encodeJson, type Json } from './json';
import { WireError } from './wire-error';

export interface KeyValueMessage {
  readonly method: string;
  readonly value: Json;
  readonly key: string | null;
  /** Seconds since 1970, with a fraction. */
  readonly timestamp: number | null;
}

/** Of one message, in either direction. */
export const MESSAGE_BYTES_MAX = 1024 * 1024;

/** A message as it is sent: one piece, nothing behind it. */
export function encodeMessage({ method, value, key, timestamp }: KeyValueMessage): Uint8Array {
  return encodeJson({ method, value, key, timestamp });
}

/** The message that the bytes of an object say, or a WireError `json`, nothing else, whatever the bytes. */
export function decodeMessage(bytes: Uint8Array): KeyValueMessage {
  const fields = decodeJson(bytes);
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw fault('a JSON object');
  const { method, value, key, timestamp } = fields as Readonly<Record<string, Json | undefined>>;
  if (typeof method !== 'string') throw fault('a "method" that is a text');
  if (value === undefined) throw fault('a "value", or null in its place');
  if (typeof key !== 'string' && key !== null) throw fault('a "key" that is a text or null');
  if (typeof timestamp !== 'number' && timestamp !== null) throw fault('a "timestamp" that is a number or null');
  return { method, value, key, timestamp };
}

/** What a server says to what is no message, and to what it cannot do: one sentence. */
export function errorMessage(sentence: string): KeyValueMessage {
  return { method: 'ERROR', value: sentence, key: null, timestamp: null };
}

/** A value with its timestamp, `[value, timestamp]`; undefined for anything else. */
export function stampedOf(pair: Json): { value: string; timestamp: number } | undefined {
  if (!Array.isArray(pair) || pair.length !== 2) return undefined;
  const [value, timestamp] = pair as Json[];
  return typeof value === 'string' && typeof timestamp === 'number' ? { value, timestamp } : undefined;
}

/** A timestamp on the wire as one that a client holds: 0 and null are none. */
export function heldOf(timestamp: Json): number | undefined {
  return typeof timestamp === 'number' && timestamp !== 0 ? timestamp : undefined;
}

function fault(wanted: string): WireError {
  return new WireError('json', 0, `expected ${wanted}`);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
/** TAB, LF, CR and the blank. */
const BLANKS: readonly number[] = [9, 10, 13, 32];

/** Finds the end of one JSON object in a stream, in whatever pieces it comes; each byte is looked at once. */
export class ObjectDecoder {
  /** Bounded by MESSAGE_BYTES_MAX and the last piece. */
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;
  #depth = 0;
  #inText = false;
  #escaped = false;

  /** Has a part of an object come? */
  get isBegun(): boolean {
    return this.#depth > 0;
  }

  /**
   * Takes a piece. Gives the object's bytes once its end has come; what stands behind them is dropped.
   * @throws WireError `json` where no object begins, `too-long` above MESSAGE_BYTES_MAX
   */
  push(piece: Uint8Array): Uint8Array | undefined {
    const end = this.#endIn(piece);
    const taken = end === undefined ? piece : piece.subarray(0, end);
    this.#bytes += taken.length;
    if (this.#bytes > MESSAGE_BYTES_MAX) {
      throw new WireError('too-long', MESSAGE_BYTES_MAX, `expected a message of at most ${MESSAGE_BYTES_MAX} bytes`);
    }
    this.#pieces.push(taken);
    return end === undefined ? undefined : Buffer.concat(this.#pieces);
  }

  /** Where in the piece the object ends: behind its last bracket. */
  #endIn(piece: Uint8Array): number | undefined {
    for (let i = 0; i < piece.length; i++) {
      const byte = piece[i]!;
      if (this.#escaped) this.#escaped = false;
      else if (this.#inText) {
        if (byte === QUOTE) this.#inText = false;
        else if (byte === BACKSLASH) this.#escaped = true;
      } else if (byte === OPEN) this.#depth++;
      else if (this.#depth === 0) this.#expectBlank(byte, i);
      else if (byte === QUOTE) this.#inText = true;
      else if (byte === CLOSE && --this.#depth === 0) return i + 1;
    }
    return undefined;
  }

  #expectBlank(byte: number, at: number): void {
    if (!BLANKS.includes(byte)) throw new WireError('json', this.#bytes + at, 'expected a JSON object');
  }
}
