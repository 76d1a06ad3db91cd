/** The admin's side of the admin wire: asks a server. */

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { isSystemError, OperatorError, type OperatorErrorCode } from '../../shared/errors';
import {
  ADMIN_PATH,
  type AdminQuestions,
  COPY_HEADER,
  type CopyBytes,
  type CopyInfo,
  type Lines,
  type Refusal,
} from '../server/admin-wire';

type Request<Question extends keyof AdminQuestions> = AdminQuestions[Question]['request'];
type Answer<Question extends keyof AdminQuestions> = AdminQuestions[Question]['answer'];
/** Questions by how they are answered. */
type AsLines = { [Q in keyof AdminQuestions]: Answer<Q> extends Lines<unknown> ? Q : never }[keyof AdminQuestions];
type AsBytes = { [Q in keyof AdminQuestions]: Answer<Q> extends CopyBytes ? Q : never }[keyof AdminQuestions];
type AsObject = Exclude<keyof AdminQuestions, AsLines | AsBytes>;

/** What a line of an answer is. */
type LineOf<Question extends AsLines> = Answer<Question> extends Lines<infer Line> ? Line : never;

export interface ServerAddress {
  host: string;
  port: number;
  token: string | undefined;
}

export class AdminClient {
  readonly #address: ServerAddress;

  constructor(address: ServerAddress) {
    this.#address = address;
  }

  /** @throws OperatorError with the server's own code and words; `unreachable` where there is none */
  async ask<Question extends AsObject>(question: Question, body: Request<Question>): Promise<Answer<Question>> {
    return JSON.parse(await textOf(await this.#ask(question, body))) as Answer<Question>;
  }

  /** @throws OperatorError also when the answer is cut off */
  async *lines<Question extends AsLines>(
    question: Question,
    body: Request<Question>,
  ): AsyncGenerator<LineOf<Question>> {
    const response = await this.#ask(question, body);
    let failure: unknown;
    response.on('error', (error) => (failure = error));
    try {
      for await (const line of createInterface({ input: response })) yield JSON.parse(line) as LineOf<Question>;
      if (!response.complete) throw failure;
    } catch (error) {
      throw this.#unreachable(error);
    } finally {
      // Who has heard enough is not told when the server is gone later: `readline` would throw it at nobody.
      response.destroy();
    }
  }

  /** @throws OperatorError; where the bytes are read, when they are cut off */
  async bytes<Question extends AsBytes>(question: Question, body: Request<Question>): Promise<CopyBytes> {
    const response = await this.#ask(question, body);
    const header = String(response.headers[COPY_HEADER]);
    return { ...(JSON.parse(decodeURIComponent(header)) as CopyInfo), bytes: this.#whole(response) };
  }

  async *#whole(response: IncomingMessage): AsyncGenerator<Buffer> {
    try {
      yield* response as AsyncIterable<Buffer>;
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  async #ask(question: string, body: object): Promise<IncomingMessage> {
    const { host, port, token } = this.#address;
    const asked = request({
      host,
      port,
      path: `${ADMIN_PATH}${question}`,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
    asked.end(JSON.stringify(body));
    let response: IncomingMessage;
    try {
      [response] = (await once(asked, 'response')) as [IncomingMessage];
      asked.on('error', () => {});
      if (response.statusCode === 200) return response;
      const { error } = JSON.parse(await textOf(response)) as Refusal;
      throw new OperatorError(error.code as OperatorErrorCode, error.message);
    } catch (error) {
      throw error instanceof OperatorError ? error : this.#unreachable(error);
    }
  }

  #unreachable(cause: unknown): unknown {
    if (cause instanceof Error && !isSystemError(cause) && !('code' in cause) && !(cause instanceof SyntaxError))
      return cause;
    const { host, port } = this.#address;
    const got =
      cause instanceof SyntaxError
        ? 'another program'
        : String((cause as NodeJS.ErrnoException)?.code ?? 'no whole answer');
    return new OperatorError('unreachable', `expected a backup server at ${host}:${port}, got ${got}`, { cause });
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of response.setEncoding('utf8')) text += String(piece);
  return text;
}
