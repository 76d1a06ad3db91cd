/**
 * The menu in a terminal: INIT, PUT and GET with the specification's texts (section 4). Several requests may be under way;
 * answers print as they come, above the line being typed.
 */

import { OperatorError } from '../shared/errors';
import { escapeJson, escapeText } from '../shared/escape';
import { Prompt } from '../shared/program/prompt';
import type { Streams } from '../shared/program/run-main';
import { KeyValueClient } from './client';
import type { Result } from './core';
import { resultEvent, resultLine } from './lines';
import type { KeyValueClientOptions } from './options';

export const TEXTS = {
  menu: ['Opções:', '1. PUT', '2. GET'],
  choose: 'Escolha a ação (1-3): ',
  server: 'Digite ip:porta de um servidor (vazio: nenhum outro): ',
  key: 'Digite a chave(Key):',
  value: 'Digite o valor(Value):',
  invalid: 'Opção Inválida',
} as const;
/** How many servers INIT asks for at most: the definition's three. */
const SERVERS = 3;

/** What is typed next is for this. */
type Asking =
  | { for: 'choice' }
  | { for: 'server'; servers: readonly string[] }
  | { for: 'put-key' | 'get-key' }
  | { for: 'value'; key: string };

/** Runs what is chosen, until 3, Ctrl-D or the end of input. Gives the exit status. */
export async function menu(options: KeyValueClientOptions, streams: Streams): Promise<number> {
  const given = new AbortController();
  const terminal = new Prompt(streams, {
    prompt: TEXTS.choose,
    history: 'kv-client-history',
    completer: (line) => [[], line],
    giveUp: () => {},
  });
  const print = (line: string): void => terminal.print(line);
  const session = new Session(options, print, given.signal);
  terminal.show(session.begin());
  for await (const line of terminal.lines()) {
    const next = session.typed(line);
    if (next === undefined) break;
    terminal.show(next);
  }
  given.abort();
  return 0;
}

/** What the menu makes of the lines typed; gives the text that asks for the next one. */
export class Session {
  readonly #options: KeyValueClientOptions;
  readonly #print: (line: string) => void;
  readonly #signal: AbortSignal;
  #client: KeyValueClient | undefined;
  #asking: Asking = { for: 'choice' };

  constructor(options: KeyValueClientOptions, print: (line: string) => void, signal: AbortSignal) {
    this.#options = options;
    this.#print = print;
    this.#signal = signal;
  }

  /** The first text: INIT's where no server was named. */
  begin(): string {
    if (this.#options.servers.length === 0) return this.#init();
    this.#use(this.#options.servers);
    return this.#offer();
  }

  /** Takes a line; undefined: the person has left. */
  typed(line: string): string | undefined {
    const word = line.trim();
    switch (this.#asking.for) {
      case 'choice':
        return this.#chosen(word.toUpperCase());
      case 'server':
        return this.#server(word, this.#asking.servers);
      case 'put-key':
        this.#asking = { for: 'value', key: line };
        return TEXTS.value;
      case 'get-key':
        this.#show(this.#client!.get(line, { signal: this.#signal }));
        return this.#offer();
      case 'value':
        this.#show(this.#client!.put(this.#asking.key, line, { signal: this.#signal }));
        return this.#offer();
    }
  }

  #chosen(word: string): string | undefined {
    if (word === '3') return undefined;
    if (word === 'INIT' || word === 'START') return this.#init();
    if (word === '1' || word === 'PUT' || word === '2' || word === 'GET') {
      this.#asking = { for: word === '1' || word === 'PUT' ? 'put-key' : 'get-key' };
      return TEXTS.key;
    }
    this.#print(TEXTS.invalid);
    return this.#offer();
  }

  #init(): string {
    this.#asking = { for: 'server', servers: [] };
    return TEXTS.server;
  }

  #server(word: string, known: readonly string[]): string {
    const servers = word === '' ? known : [...known, word];
    try {
      if (word !== '' || servers.length === 0) this.#use(servers);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      this.#print(escapeText(error.message));
      return TEXTS.server;
    }
    if (word === '' || servers.length === SERVERS) return this.#offer();
    this.#asking = { for: 'server', servers };
    return TEXTS.server;
  }

  /** @throws OperatorError `usage` */
  #use(servers: readonly string[]): void {
    const onOther = (sentence: string): void => this.#print(escapeText(sentence));
    if (this.#client) this.#client.use(servers);
    else this.#client = new KeyValueClient(servers, { ...this.#options, onOther });
  }

  #offer(): string {
    this.#asking = { for: 'choice' };
    for (const line of TEXTS.menu) this.#print(line);
    return TEXTS.choose;
  }

  #show(request: Promise<Result>): void {
    request.then(
      (result) => {
        if (this.#signal.aborted) return;
        this.#print(this.#options.json ? escapeJson(JSON.stringify(resultEvent(result))) : resultLine(result));
      },
      (error: Error) => this.#print(escapeText(error.message)),
    );
  }
}
