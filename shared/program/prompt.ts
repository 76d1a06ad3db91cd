/**
 * A prompt in a terminal: what is printed comes above the line being typed, which stays. With history, Ctrl-C for the work alone,
 * Ctrl-Z for the whole job, and lines typed ahead.
 */

import {
  type CompleterResult,
  clearScreenDown,
  createInterface,
  cursorTo,
  type Interface,
  moveCursor,
} from 'node:readline';
import { escapeText } from '../escape';
import { HISTORY_MAX, historyFile, loadHistory, saveHistory } from './history';
import type { Streams } from './run-main';

/** What is a prompt's own. */
export interface PromptOptions {
  /** What stands before the line. */
  prompt: string;
  /** Name of the file that keeps its history. */
  history: string;
  /** What the Tab key offers. */
  completer(line: string): CompleterResult | Promise<CompleterResult>;
  /** Gives up the work on the last line: Ctrl-C was pressed, or the prompt has ended. */
  giveUp(): void;
}

/** Readline's memory of how many rows above the cursor it began to draw; it does not count text that was pasted since. */
interface Drawn {
  prevRows: number;
}

/** Opened when it is made; `lines` gives what is typed. */
export class Prompt {
  readonly #streams: Streams;
  readonly #options: PromptOptions;
  readonly #terminal: Interface;
  /** For each line that is not done with: was it typed behind another? Bounded by what a person types meanwhile. */
  readonly #undone: boolean[] = [];
  #closed = false;

  constructor(streams: Streams, options: PromptOptions) {
    this.#streams = streams;
    this.#options = options;
    const path = historyFile(streams.environment, options.history);
    this.#terminal = createInterface({
      input: streams.input,
      output: streams.output,
      prompt: options.prompt,
      history: loadHistory(path),
      historySize: HISTORY_MAX,
      removeHistoryDuplicates: true,
      completer: (line: string, done: (error: null, found: CompleterResult) => void) =>
        void Promise.resolve(options.completer(line)).then((found) => done(null, found)),
    });
    this.#terminal.on('history', (lines: string[]) => saveHistory(path, lines));
    this.#terminal.on('line', () => {
      this.#undone.push(this.#undone.length > 0);
      this.#draw();
    });
    this.#terminal.on('SIGINT', () => (this.#undone.length > 0 ? options.giveUp() : this.#leaveLine()));
    this.#terminal.on('close', () => {
      if (this.#undone.length > 0) this.#erase();
      else streams.output.write('\n');
      this.#closed = true;
      options.giveUp();
    });
    this.#suspendable();
  }

  /** Lines as they are typed, until Ctrl-D or the end of input, or who asks leaves: the next is worked on when it is asked for. */
  async *lines(): AsyncGenerator<string, void> {
    this.#draw();
    for await (const line of this.#terminal) {
      // What it was typed behind was not this prompt.
      if (this.#undone[0]) this.print(this.#options.prompt + escapeText(line));
      yield line;
      this.#undone.shift();
    }
  }

  /** Prints a line above the one that is being typed. */
  print(line: string): void {
    this.#erase();
    this.#streams.out(line);
    this.#draw();
  }

  /** Shows a text in the place of what stands before the line; an empty one brings that back. */
  show(text: string): void {
    this.#erase();
    this.#terminal.setPrompt(text === '' ? this.#options.prompt : text);
    this.#draw();
  }

  /** Takes the line being typed off the screen, with all its rows. */
  #erase(): void {
    if (this.#closed) return;
    const { output } = this.#streams;
    const { rows, cols } = this.#terminal.getCursorPos();
    // Behind a full row a terminal stays there until one more character comes.
    if (cols === 0 && rows > 0) output.write(' ');
    moveCursor(output, 0, -rows);
    cursorTo(output, 0);
    clearScreenDown(output);
  }

  /** Draws the line being typed where the cursor is. Since Node 24 a closed terminal that is asked to prompt throws. */
  #draw(): void {
    if (this.#closed) return;
    (this.#terminal as unknown as Drawn).prevRows = 0;
    this.#terminal.prompt(true);
  }

  /** As a shell does: leaves the line, takes a new one. */
  #leaveLine(): void {
    this.#terminal.write(null, { ctrl: true, name: 'e' });
    this.#streams.output.write('\n');
    (this.#terminal as unknown as Drawn).prevRows = 0;
    this.#terminal.write(null, { ctrl: true, name: 'u' });
  }

  /**
   * Ctrl-Z stops the whole job: readline would stop this process alone, and a shell that waits for npm would never know. The
   * terminal is as the shell wants it meanwhile, and ours again afterwards: also where nobody can continue us, and the system
   * does not stop us.
   */
  #suspendable(): void {
    const resume = (): void => {
      if (this.#closed) return;
      this.#streams.input.setRawMode(true);
      this.#draw();
    };
    this.#terminal.on('SIGTSTP', () => {
      this.#streams.input.setRawMode(false);
      this.#streams.suspend();
      setImmediate(resume);
    });
    this.#streams.onSignal('SIGCONT', resume);
  }
}
