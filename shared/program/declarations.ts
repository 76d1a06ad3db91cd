/** What a program's command line may hold: told once, and read by the parser, --help, the manual page and completion. */

/** A program's command line. */
export interface CommandLine<Options> {
  name: string;
  /** One, or several that a first word tells apart. */
  commands: readonly Command<Options>[];
  /** Words that may be given many times; any other is refused when it is given twice. */
  lists: readonly string[];
  /** Words that name files, for completion. */
  files?: readonly string[];
  /** What completion offers for a word beside its choices; asked when the script is made. */
  suggestions?: Readonly<Record<string, () => readonly string[]>>;
  examples: readonly (readonly [command: string, what: string])[];
  /** Printed below the help. */
  epilogue: string;
}

/** One thing a program can be asked to do: how it is written, and how the words become options. */
export interface Command<Options> {
  /** `$0 <port> <file> [neighbour..]`, where `$0` stands for no first word, or `up <overlay>`. */
  synopsis: string;
  about: string;
  /** Declares the positional words. */
  positionals(line: Declarations): unknown;
  /** Declares the options. */
  declareOptions(line: Declarations): unknown;
  /** One complete object, every word checked. @throws OperatorError `usage` */
  // biome-ignore lint/suspicious/noExplicitAny: what is given is what was declared, which only the command knows
  toOptions(given: any): Options;
}

/** A positional word. All words are texts: what they mean the command says. */
export interface WordSpec {
  type?: 'string';
  describe?: string;
  array?: boolean;
  demandOption?: boolean;
  default?: string | readonly string[];
}

/** An option. */
export interface OptionSpec extends Omit<WordSpec, 'type' | 'default'> {
  /** `boolean` stands alone; any other takes a value. */
  type?: 'string' | 'boolean';
  default?: string | boolean | readonly string[];
  /** The default in words, where it is none that can be written. */
  defaultDescription?: string;
  choices?: readonly string[];
  requiresArg?: boolean;
  nargs?: number;
  /** One letter. */
  alias?: string;
  /** What its value is, for help: `seconds`. */
  value?: string;
}

export const HELP: OptionSpec = { type: 'boolean', alias: 'h', describe: 'Print this help' };
export const VERSION: OptionSpec = { type: 'boolean', alias: 'V', describe: 'Print the version' };

/** Collects what a command declares, in its order. */
export class Declarations {
  readonly positionals = new Map<string, WordSpec>();
  readonly options = new Map<string, OptionSpec>();

  positional(name: string, spec: WordSpec): this {
    this.positionals.set(name, spec);
    return this;
  }

  option(name: string, spec: OptionSpec): this {
    this.options.set(name, spec);
    return this;
  }
}

/** What a command declares; help and version are every command's. */
export function declarationsOf(command: Command<unknown>): Declarations {
  const declarations = new Declarations();
  command.positionals(declarations);
  command.declareOptions(declarations);
  return declarations.option('help', HELP).option('version', VERSION);
}

/** The first word that tells a command from the others; empty for a lone command. */
export function firstWordOf({ synopsis }: Command<unknown>): string {
  const word = synopsis.split(' ', 1)[0]!;
  return word === '$0' ? '' : word;
}

/** How a command is written: `topology up <overlay>`. */
export function usageOf(name: string, { synopsis }: Command<unknown>): string {
  return synopsis.startsWith('$0') ? synopsis.replace('$0', name) : `${name} ${synopsis}`;
}

/** How an option is written: `-o, --output <file>`. */
export function writtenOption(name: string, { type, alias, value, choices }: OptionSpec): string {
  const words = alias === undefined ? `--${name}` : `-${alias}, --${name}`;
  return type === 'boolean' ? words : `${words} ${choices ? choices.join('|') : `<${value ?? 'value'}>`}`;
}

/** The default in words; undefined when there is none worth saying. */
export function writtenDefault({ default: value, defaultDescription }: OptionSpec): string | undefined {
  if (defaultDescription !== undefined) return defaultDescription;
  if (typeof value === 'string') return value;
  return value === true ? 'on' : undefined;
}
