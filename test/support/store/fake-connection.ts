/** A connection that exists only in memory: what is sent is written down, and the other side can stop reading. */

import type { Connection, ConnectionEvents } from '../../../shared/tcp/connection';
import { DOCUMENT_FRAMES, type Reply } from '../../../shared/wire/documents';
import { FrameDecoder } from '../../../shared/wire/frame';
import { decodeJson } from '../../../shared/wire/json';

export class FakeConnection implements Connection {
  readonly remote = '127.0.0.1:1';
  events: ConnectionEvents = { received() {}, drained() {}, ended() {}, closed() {} };
  pendingBytes = 0;
  /** Does the other side read? */
  reads = true;
  isPaused = false;
  state: 'open' | 'ended' | 'destroyed' = 'open';
  /** The times given to `closeAfter`. */
  readonly deadlines: (number | undefined)[] = [];
  readonly #decoder = new FrameDecoder(DOCUMENT_FRAMES);

  /** The replies sent since this was asked last. */
  replies(): Reply[] {
    const replies: Reply[] = [];
    for (let frame = this.#decoder.next(); frame; frame = this.#decoder.next()) {
      replies.push(decodeJson(frame) as unknown as Reply);
    }
    return replies;
  }

  send(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
    if (!this.reads) this.pendingBytes += bytes.length;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  closeAfter(ms: number | undefined): void {
    this.deadlines.push(ms);
  }

  end(): void {
    this.state = 'ended';
  }

  destroy(): void {
    this.state = 'destroyed';
  }
}
