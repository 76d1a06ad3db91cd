/** Server-sent events: every page hears how things are, and then all that happens, several events at a time. */

import type { ServerResponse } from 'node:http';

/** Events wait for others so long, milliseconds: a flood is thousands. */
const GATHER_MS = 10;
/** A page that reads slower than this many bytes behind is let go; its browser comes again by itself. */
const BEHIND_MAX = 16 * 1024 * 1024;

export class EventHub<Event> {
  /** Bounded by the connections that the service allows. */
  readonly #pages = new Set<ServerResponse>();
  #waiting: Event[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** A page that listens; `first` is what it must know. */
  join(reply: ServerResponse, first: readonly Event[]): void {
    this.#flush();
    reply.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    this.#pages.add(reply);
    reply.on('close', () => this.#pages.delete(reply));
    reply.on('error', () => {});
    send(reply, first);
  }

  tell(event: Event): void {
    if (this.#pages.size === 0) return;
    this.#waiting.push(event);
    this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const page of this.#pages) page.end();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#waiting.splice(0);
    if (events.length > 0) for (const page of this.#pages) send(page, events);
  }
}

function send<Event>(page: ServerResponse, events: readonly Event[]): void {
  if (page.writableLength > BEHIND_MAX) return void page.destroy();
  page.write(`data: ${JSON.stringify(events)}\n\n`);
}
