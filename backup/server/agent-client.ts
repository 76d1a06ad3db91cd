/** The server's side of the wire: asks an agent, and counts and bounds what comes. */

import { once } from 'node:events';
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request } from 'node:http';
import { ByteSource } from '../byte-source';

/** An agent that says nothing for so long has hung. */
const SILENCE_MAX_MS = 60_000;
/** Longest explanation of a refusal that is read, bytes. */
const REFUSAL_MAX = 10_000;

/** An agent cannot be reached, refuses, or says what is not in the format: the run has failed, and is tried again. */
export class AgentError extends Error {}

/** Lets bytes pass no faster than a limit. */
export type Throttle = (bytes: number) => Promise<void>;

export interface AgentAddress {
  host: string;
  port: number;
  token: string | undefined;
}

export class AgentClient {
  /** Bytes that came so far. */
  travelled = 0;
  readonly #address: AgentAddress;
  readonly #throttle: Throttle;
  readonly #signal: AbortSignal;
  readonly #connections = new HttpAgent({ keepAlive: true, maxSockets: 4 });

  constructor(address: AgentAddress, throttle: Throttle, signal: AbortSignal) {
    this.#address = address;
    this.#throttle = throttle;
    this.#signal = signal;
  }

  /** Asks; gives the answer's bytes, or undefined where there is nothing to say (204). @throws AgentError */
  async ask(path: string, body: object): Promise<ByteSource | undefined> {
    const { host, port, token } = this.#address;
    try {
      const asked = request({
        host,
        port,
        path,
        method: 'POST',
        agent: this.#connections,
        signal: this.#signal,
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      });
      asked.setTimeout(SILENCE_MAX_MS, () =>
        asked.destroy(new AgentError(`expected an answer, got silence for ${SILENCE_MAX_MS / 1000} s`)),
      );
      asked.end(JSON.stringify(body));
      const response = await responseTo(asked);
      if (response.statusCode === 204) {
        response.resume();
        return undefined;
      }
      if (response.statusCode !== 200) throw new AgentError(await refusalOf(response));
      return new ByteSource(this.#counted(response));
    } catch (error) {
      throw agentError(error, this.#address);
    }
  }

  close(): void {
    this.#connections.destroy();
  }

  async *#counted(response: IncomingMessage): AsyncGenerator<Buffer> {
    try {
      for await (const piece of response as AsyncIterable<Buffer>) {
        this.travelled += piece.length;
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

/** What the network and Node's HTTP say becomes the agent's; our own bugs stay ours. */
function agentError(error: unknown, { host, port }: AgentAddress): unknown {
  if (error instanceof AgentError) return error;
  const { code, name } = error as NodeJS.ErrnoException;
  if (code === undefined && name !== 'AbortError') return error;
  return new AgentError(`expected an agent at ${host}:${port}, got ${code ?? name}`, { cause: error });
}
