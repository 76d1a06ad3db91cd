/**
 * The frame of every program: arguments in, exit status out. Nothing else here touches `process`: signals, streams, the last
 * error and the status all pass through this file.
 */

import { constants } from 'node:os';
import { OperatorError } from '../errors';
import { escapeText } from '../escape';
import { refuseChangedWords } from './given-words';
import { endWithStarter } from './tie';

/** What a program may use of the process it runs in: its streams, and the signals and environment that come with them. */
export interface Streams {
  /** Writes one line of results. */
  out(line: string): void;
  /** Writes one line of diagnostics. */
  err(line: string): void;
  /** Shows a line of diagnostics that the next one replaces, in a terminal only; an empty one takes it away. */
  progress(line: string): void;
  input: NodeJS.ReadStream;
  output: NodeJS.WriteStream;
  environment: NodeJS.ProcessEnv;
  /** Calls `handler` at each such signal, where the system has it, instead of ending the process. */
  onSignal(signal: NodeJS.Signals, handler: () => void): void;
  /** Stops the whole job until it is continued, as Ctrl-Z does where the terminal leaves that to the system. */
  suspend(): void;
  /** Calls `handler` once results go nowhere any more: a pipe whose reader has gone, a full disk. */
  onOutputClosed(handler: () => void): void;
}

/** What a command line asks for: a run, or only a text (help, version, completion) to print. */
export type Parsed<Options> = { options: Options } | { text: string };

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/**
 * Runs a program: parses the command line, runs it with the options, and ends the process with the status that `run` gives.
 * An OperatorError becomes one line on stderr (with --json also an event on stdout) and status 2 for bad usage, 1 else; any other error is ours, and shows its stack.
 * Results that cannot be written (a full disk) are one line on stderr and status 1, but end no program by themselves.
 */
export function runMain<Options>(
  name: string,
  parse: (argv: readonly string[]) => Parsed<Options> | Promise<Parsed<Options>>,
  run: (options: Options, streams: Streams) => Promise<number>,
): void {
  let unwritten = false;
  const streams = processStreams((error) => {
    if (!unwritten) streams.err(`${name}: expected room for the results, got ${error.message}`);
    unwritten = true;
  });
  endWithStarter();
  // Node would open its debug port to whoever sends this.
  streams.onSignal('SIGUSR1', () => {});
  const argv = process.argv.slice(2);
  start(argv, parse, run, streams)
    .catch((error: unknown) => {
      if (!(error instanceof OperatorError)) {
        streams.err(error instanceof Error && error.stack ? error.stack : String(error));
        return EXIT_FAILED;
      }
      streams.err(`${name}: ${escapeText(error.message)}`);
      if (speaksJson(argv)) streams.out(JSON.stringify({ event: 'error', code: error.code, message: error.message }));
      return error.code === 'usage' ? EXIT_USAGE : EXIT_FAILED;
    })
    // What was written goes out before the process ends, also into a pipe.
    .then((status) => {
      const exit = (): never => process.exit(status || (unwritten ? EXIT_FAILED : 0));
      // A failed write calls back before it is told as an error.
      process.stdout.write('', () => process.stderr.write('', () => setImmediate(exit)));
    });
}

/**
 * Resolves when the person interrupts (SIGINT, SIGTERM, SIGHUP) with the status a shell gives for that: 128 and the signal's
 * number. Race it against work that has something to clean up.
 */
export function interrupted(streams: Streams): Promise<number> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      streams.onSignal(signal, () => resolve(128 + constants.signals[signal]));
    }
  });
}

/** Is one JSON object a line asked for? Also whoever reads those learns then why a program did not start. */
function speaksJson(argv: readonly string[]): boolean {
  const dashes = argv.indexOf('--');
  return argv.slice(0, dashes < 0 ? argv.length : dashes).includes('--json');
}

async function start<Options>(
  argv: readonly string[],
  parse: (argv: readonly string[]) => Parsed<Options> | Promise<Parsed<Options>>,
  run: (options: Options, streams: Streams) => Promise<number>,
  streams: Streams,
): Promise<number> {
  refuseChangedWords(process.argv.slice(2));
  const parsed = await parse(argv);
  if ('options' in parsed) return run(parsed.options, streams);
  streams.out(parsed.text);
  return 0;
}

function processStreams(onUnwritten: (error: Error) => void): Streams {
  const closedHandlers: (() => void)[] = [];
  // Without a listener, a reader that goes away (`| head -1`), a full disk or a lost terminal would end the process.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') onUnwritten(error);
    for (const handler of closedHandlers.splice(0)) handler();
  });
  process.stderr.on('error', () => {});
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    progress: (line) => void (process.stderr.isTTY && process.stderr.write(`\r\u001b[K${line}`)),
    input: process.stdin,
    output: process.stdout,
    environment: process.env,
    onSignal(signal, handler) {
      try {
        process.on(signal, handler);
      } catch {
        // Windows has no SIGUSR2: nobody can send it there either.
      }
    },
    // The group: a shell waits for all of a job, so npm has to stop too when it started us.
    suspend: () => void process.kill(0, 'SIGTSTP'),
    onOutputClosed: (handler) => void closedHandlers.push(handler),
  };
}
