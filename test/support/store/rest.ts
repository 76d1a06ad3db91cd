/** The HTTP dialect over a replica of the test's choice: asked without a port, or over real ones that are always closed. */

import type { FastifyInstance, InjectOptions } from 'fastify';
import { listen } from '../../../shared/http/service';
import { createRest, httpOptions } from '../../../store/dialects/rest/rest';
import { MemoryReplica } from './memory-replica';

export interface Answered {
  status: number;
  body: string;
  headers: Record<string, unknown>;
}

export class RestReplica {
  readonly replica = new MemoryReplica();
  readonly notes: string[] = [];
  readonly app: FastifyInstance;
  readonly #http = httpOptions({
    host: '127.0.0.1',
    port: 0,
    names: ['replica-1'],
    note: (text) => this.notes.push(text),
  });

  constructor(minInSync = 0) {
    this.app = createRest(this.#http, { replica: () => this.replica, minInSync });
  }

  /** `GET /path`, or `POST /path` with a body: a value becomes JSON, a text stays as it is. */
  async ask(what: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answered> {
    const [method, url] = what.split(' ') as ['GET', string];
    const options: InjectOptions = { method, url, headers: { host: 'localhost', ...headers } };
    if (body !== undefined) {
      options.headers = { 'content-type': 'application/json', ...options.headers };
      options.payload = typeof body === 'string' ? body : JSON.stringify(body);
    }
    const reply = await this.app.inject(options);
    return { status: reply.statusCode, body: reply.body, headers: reply.headers };
  }

  /** Gives its `host:port`; it is closed with the dialect. */
  async listen(): Promise<string> {
    return (await listen(this.app, this.#http)).address;
  }

  close(): Promise<void> {
    return this.app.close();
  }
}
