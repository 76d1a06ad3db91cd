/** A terminal's screen, as far as line editing needs one: rows that wrap, and the few controls that readline writes (ECMA-48). */

import { Writable } from 'node:stream';

// biome-ignore lint/suspicious/noControlCharactersInRegex: a control is what is looked for
const CONTROL = /^\u001b\[(\d*)([A-Z])/;

export class Screen extends Writable {
  readonly isTTY = true;
  readonly columns: number;
  /** What stands in each row. */
  #rows: string[] = [''];
  #row = 0;
  /** May be one behind the last column: a full row is left when one more character comes. */
  #column = 0;

  constructor(columns: number) {
    super({ decodeStrings: false });
    this.columns = columns;
  }

  /** All rows, without blanks at their ends and without empty rows below. */
  get text(): string {
    return this.#rows
      .map((row) => row.trimEnd())
      .join('\n')
      .trimEnd();
  }

  override _write(text: string, _encoding: string, done: () => void): void {
    for (let rest = text; rest !== ''; ) {
      const control = CONTROL.exec(rest);
      if (control) this.#obey(control[2]!, Number(control[1] || 0));
      else this.#put(rest[0]!);
      rest = rest.slice(control ? control[0].length : 1);
    }
    done();
  }

  #put(char: string): void {
    if (char === '\r') this.#column = 0;
    else if (char === '\n') this.#down();
    else {
      if (this.#column === this.columns) this.#down();
      const row = this.#rows[this.#row]!.padEnd(this.#column);
      this.#rows[this.#row] = row.slice(0, this.#column) + char + row.slice(this.#column + 1);
      this.#column++;
    }
  }

  /** To the start of the next row, as a terminal's driver makes of a line's end. */
  #down(): void {
    this.#column = 0;
    this.#row++;
    this.#rows[this.#row] ??= '';
  }

  #obey(control: string, count: number): void {
    if (control === 'A') this.#row = Math.max(0, this.#row - Math.max(1, count));
    else if (control === 'B') this.#row += Math.max(1, count);
    else if (control === 'C') this.#column += Math.max(1, count);
    else if (control === 'D') this.#column -= Math.max(1, count);
    else if (control === 'G') this.#column = Math.max(1, count) - 1;
    else if (control === 'J') {
      this.#rows.length = this.#row + 1;
      this.#rows[this.#row] = this.#rows[this.#row]!.slice(0, this.#column);
    } else throw new Error(`expected a control this screen knows, got ${control}`);
  }
}
