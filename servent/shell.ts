/** The servent's command: starts a servent, prints what it has to say, obeys signals. */

import { OperatorError } from '../shared/errors';
import { escapeText } from '../shared/escape';
import type { Streams } from '../shared/program/run-main';
import { problemLines, readyEvent, readyLine, reloadLine, statsWords } from './lines';
import { type ServentCommandOptions, STDIN } from './options';
import { publicAddresses } from './own-address';
import { type LoadedFile, openServent } from './servent';

/** Runs the command: starts a servent, says so, obeys signals until one ends it. Gives the exit status. */
export async function run(options: ServentCommandOptions, streams: Streams): Promise<number> {
  const { json, quiet, duplicates } = options;
  const path = options.file === STDIN ? 'standard input' : options.file;
  const say = (line: string, event: object): void => {
    if (!quiet) streams.out(json ? JSON.stringify(event) : line);
  };
  // From the first moment: whoever writes the file and signals at once must not end what is just starting.
  let onHangup = (): void => void (hungUp = true);
  let hungUp = false;
  streams.onSignal('SIGHUP', () => onHangup());
  const servent = await openServent({
    ...options,
    source: options.file === STDIN ? { input: streams.input, duplicates } : { file: path, duplicates },
    onNotice: (reason, address) =>
      streams.err(`servent: ${address} is over its limit: ${reason}; said at most every 30 s`),
  });
  const warn = (): void => problemLines(servent.file, path).forEach(streams.err);
  const sayStats = (event: string): void => {
    const stats = servent.stats();
    say(`servent ${event}: ${statsWords(stats)}`, { event, ...stats });
  };
  let told: Promise<LoadedFile> | undefined;
  const reload = async (): Promise<void> => {
    const loading = servent.reload();
    if (loading === told) return;
    told = loading;
    try {
      const file = await loading;
      warn();
      say(reloadLine(file, path), { event: 'reload', ok: true, file: path, ...file });
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      streams.err(`servent: ${escapeText(error.message)}; the old ${servent.file.keys} keys stay`);
      if (json) say('', { event: 'reload', ok: false, file: path, keys: servent.file.keys, error: error.message });
    }
  };
  const ended = new Promise<void>((end) => {
    streams.onSignal('SIGTERM', end);
    streams.onSignal('SIGINT', end);
  });
  onHangup = () => void reload();
  streams.onSignal('SIGUSR2', () => sayStats('stats'));
  if (options.statsMs > 0) setInterval(() => sayStats('stats'), options.statsMs);
  warn();
  for (const warning of exposureWarnings(options)) streams.err(`servent: ${warning}`);
  say(readyLine(servent, path), readyEvent(servent, path));
  if (hungUp) onHangup();
  await ended;
  await servent.close();
  sayStats('bye');
  return 0;
}

/** What a person should know who opens a servent to more than meant. */
function exposureWarnings({ bindIp, defences }: ServentCommandOptions): string[] {
  const reachable = bindIp === 0 && defences.allow.length === 0 ? publicAddresses() : [];
  return reachable.map((address) => `anybody who can reach ${address} is served; --bind or --allow narrow that`);
}
