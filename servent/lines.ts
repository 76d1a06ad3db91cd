/** What a servent's command prints, in words and as JSON. */

import { total } from './counters';
import type { LoadedFile, Servent } from './servent';
import type { ServentStats } from './status';

/** Words of the ready line: `servent listening on 0.0.0.0:5000, 431 keys from services.txt, 2 neighbours (batch)`; several workers are told beside. */
export function readyLine(servent: Servent, path: string): string {
  const { bound, file, neighbours, io, workers, http } = servent;
  const held = `${plural(file.keys, 'key')} from ${path}`;
  const how = workers === 1 ? io : `${io}, ${workers} workers`;
  const watched = http === undefined ? '' : `, http at ${http}`;
  return `servent listening on ${bound}, ${held}, ${plural(neighbours.length, 'neighbour')} (${how})${watched}`;
}

/** The ready line's facts. */
export function readyEvent(servent: Servent, path: string): object {
  const { bound, port, file, neighbours, io, ioFallback, workers, http } = servent;
  return {
    event: 'ready',
    address: bound.slice(0, bound.lastIndexOf(':')),
    port,
    keys: file.keys,
    file: path,
    neighbours,
    io,
    ioFallback,
    workers,
    http,
  };
}

/** Words of a reload that went well. */
export function reloadLine(file: LoadedFile, path: string): string {
  return `servent reloaded ${plural(file.keys, 'key')} from ${path}`;
}

/** All counters in one line; drops are shown by reason, those that happened. */
export function statsWords(stats: ServentStats): string {
  const { received, handled, dropped, sendErrors } = stats;
  return [
    `up ${(stats.upMs / 1000).toFixed(1)} s`,
    `received ${total(received)}${byName(received)}`,
    `handled ${total(handled)}`,
    `answers ${stats.answers}`,
    `queries forwarded ${stats.queries}`,
    `dropped ${total(dropped)}${byName(dropped)}`,
    `send errors ${total(sendErrors)}${byName(sendErrors)}`,
    `seen ${stats.seen}`,
    `keys ${stats.keys}`,
    ...(total(stats.wouldDrop) > 0 ? [`would drop ${total(stats.wouldDrop)}${byName(stats.wouldDrop)}`] : []),
    ...(stats.kernelDrops ? [`dropped by the kernel ${stats.kernelDrops}`] : []),
  ].join(', ');
}

/** `file:line: what` for each line with a problem, at most ten, then how many more; and that a file holds nothing. */
export function problemLines({ keys, problems, problemCount }: LoadedFile, path: string): string[] {
  const lines = problems.map(({ line, message }) => `${path}:${line}: ${message}`);
  const more = problemCount - problems.length;
  if (more > 0) lines.push(`${path}: ${plural(more, 'more line')} with a problem`);
  if (keys === 0) lines.push(`${path}: expected pairs, got none`);
  return lines;
}

function byName(group: Readonly<Record<string, number>>): string {
  const parts = Object.entries(group).filter(([, count]) => count > 0);
  return parts.length > 0 ? ` (${parts.map(([name, count]) => `${name} ${count}`).join(', ')})` : '';
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
