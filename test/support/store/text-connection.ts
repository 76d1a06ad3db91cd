/** A connection that exists only in memory, of whose other side the text that was sent to it is known. */

import type { Connection, ConnectionEvents } from '../../../shared/tcp/connection';

export class TextConnection implements Connection {
  readonly remote = '127.0.0.1:1';
  events: ConnectionEvents = { received() {}, drained() {}, ended() {}, closed() {} };
  readonly pendingBytes = 0;
  text = '';
  state: 'open' | 'ended' | 'destroyed' = 'open';
  /** The times given to `closeAfter`. */
  readonly deadlines: (number | undefined)[] = [];

  send(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString();
  }

  pause(): void {}

  resume(): void {}

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
