/** The server's side of the wire: asks an agent, and counts and bounds what travels. */

import { once } from 'node:events';
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isSystemError } from '../../shared/errors';
import { ByteSource } from '../byte-source';
import { frameOf, LinesError, readLines } from '../lines';
import { AgentError } from './agent-error';
import type { Throttle } from './bandwidth';

/** An agent that says nothing for so long has hung: one that works says so more often. */
const SILENCE_MAX_MS = 60_000;
/** Longest explanation of a refusal that is read, bytes. */
const REFUSAL_MAX = 10_000;
/** Requests to one agent at once. */
const SOCKETS_MAX = 4;

export interface AgentAddress {
  host: string;
  port: number;
  token: string | undefined;
  /** Undefined: no TLS. */
  tls: { ca: string | undefined } | undefined;
}

export class AgentClient {
  readonly #address: AgentAddress;
  readonly #throttle: Throttle;
  readonly #signal: AbortSignal;
  readonly #silenceMaxMs: number;
  readonly #connections: HttpAgent;
  /** Does the agent take questions in frames? They are shorter. */
  takesFrames = false;

  /** @param signal cuts off whatever is under way */
  constructor(address: AgentAddress, throttle: Throttle, signal: AbortSignal, silenceMaxMs = SILENCE_MAX_MS) {
    this.#address = address;
    this.#throttle = throttle;
    this.#signal = signal;
    this.#silenceMaxMs = silenceMaxMs;
    const options = { keepAlive: true, maxSockets: SOCKETS_MAX };
    const { tls } = address;
    this.#connections = tls
      ? new HttpsAgent({ ...options, ...(tls.ca === undefined ? {} : { ca: tls.ca }) })
      : new HttpAgent(options);
  }

  /** Asks; gives the answer's bytes. @throws AgentError */
  async ask(path: string, body: object): Promise<ByteSource> {
    const { host, port, token, tls } = this.#address;
    const json = Buffer.from(JSON.stringify(body));
    const question = this.takesFrames ? await frameOf(json) : json;
    try {
      const asked = (tls ? httpsRequest : httpRequest)({
        host,
        port,
        path,
        method: 'POST',
        agent: this.#connections,
        signal: this.#signal,
        headers: {
          'content-type': this.takesFrames ? 'application/octet-stream' : 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      });
      let answering: ClientRequest | IncomingMessage = asked;
      asked.setTimeout(this.#silenceMaxMs, () =>
        answering.destroy(new AgentError(`expected an answer, got silence for ${this.#silenceMaxMs / 1000} s`)),
      );
      asked.end(question);
      const response = await responseTo(asked);
      answering = response;
      // To an agent that is not there nothing has travelled.
      await this.#throttle(question.length);
      if (response.statusCode !== 200) throw new AgentError(await refusalOf(response));
      return new ByteSource(this.#counted(response));
    } catch (error) {
      throw agentError(error, this.#address);
    }
  }

  /** Asks; gives the answer's lines. @throws AgentError */
  async *lines(path: string, body: object): AsyncGenerator<unknown, void> {
    const source = await this.ask(path, body);
    try {
      yield* readLines(source);
    } catch (cause) {
      throw cause instanceof LinesError ? new AgentError(cause.message, { cause }) : cause;
    } finally {
      await source.close();
    }
  }

  close(): void {
    this.#connections.destroy();
  }

  async *#counted(response: IncomingMessage): AsyncGenerator<Buffer> {
    try {
      for await (const piece of response as AsyncIterable<Buffer>) {
        await this.#throttle(piece.length);
        yield piece;
      }
    } catch (error) {
      throw agentError(error, this.#address);
    }
  }
}

async function responseTo(asked: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  // Errors of a response come where it is read.
  asked.on('error', () => {});
  return response;
}

async function refusalOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of response as AsyncIterable<Buffer>) {
    text += piece.toString();
    if (text.length > REFUSAL_MAX) break;
  }
  let reason = '';
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === 'string') reason = `: ${error}`;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return `expected an answer, got status ${response.statusCode}${reason}`;
}

/** What the network, TLS and Node's HTTP say becomes the agent's; our own bugs stay ours. */
function agentError(error: unknown, { host, port }: AgentAddress): unknown {
  if (error instanceof AgentError) return error;
  const { code, name, cause } = error as NodeJS.ErrnoException;
  if (cause instanceof AgentError) return cause;
  if (code === undefined && name !== 'AbortError') return error;
  const got = isSystemError(error) || code === undefined ? (code ?? name) : `${code} (${(error as Error).message})`;
  return new AgentError(`expected an agent at ${host}:${port}, got ${got}`, { cause: error });
}
