/**
 * Reads along what two replicas say to each other, with the decoders that they use themselves: a greeting in the frames of
 * clients, then messages in the replicas' own. What is no such thing is let be.
 */

import { DOCUMENT_FRAMES } from '../../shared/wire/documents';
import { FrameDecoder, type FrameFormat } from '../../shared/wire/frame';
import { decodeJson } from '../../shared/wire/json';
import { WireError } from '../../shared/wire/wire-error';
import { PEER_FRAMES } from '../../store/links';
import { type PeerMessage, readMessage } from '../../store/replication/messages';

export class WireTap {
  readonly #heard: (message: PeerMessage) => void;
  readonly #isGreeting: (first: unknown) => boolean;
  /** Undefined once it is known that nothing more can be read. */
  #decoder: FrameDecoder | undefined = new FrameDecoder(DOCUMENT_FRAMES);
  #greeted = false;

  /** @param isGreeting tells whether the first frame begins what replicas say to each other */
  constructor(isGreeting: (first: unknown) => boolean, heard: (message: PeerMessage) => void) {
    this.#isGreeting = isGreeting;
    this.#heard = heard;
  }

  /** Takes the next bytes of one way. */
  push(piece: Uint8Array): void {
    // The decoder keeps views of what it is given.
    this.#decoder?.push(Buffer.from(piece));
    try {
      while (this.#readOne()) {}
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#decoder = undefined;
    }
  }

  /** Gives whether there was a whole frame. */
  #readOne(): boolean {
    const frame = this.#decoder?.next();
    if (frame === undefined) return false;
    const json = decodeJson(frame);
    if (this.#greeted) {
      const message = readMessage(json);
      if (message) this.#heard(message);
    } else if (this.#isGreeting(json)) {
      this.#greeted = true;
      const rest = this.#decoder!.rest();
      this.#decoder = decoderFrom(PEER_FRAMES, rest);
    } else {
      this.#decoder = undefined;
    }
    return true;
  }
}

/** Is it how a replica greets another that it would follow? */
export function isReplicasGreeting(first: unknown): boolean {
  return Array.isArray(first) && first[0] === 'replica' && first.length === 2;
}

/** Is it how a replica that was greeted answers? */
export function isWelcome(first: unknown): boolean {
  return Array.isArray(first) && first[0] === 'ok';
}

function decoderFrom(format: FrameFormat, rest: Uint8Array): FrameDecoder {
  const decoder = new FrameDecoder(format);
  if (rest.length > 0) decoder.push(rest);
  return decoder;
}
