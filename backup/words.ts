/** What the backup's commands print of runs, sizes and times. */

import { escapeText } from '../shared/escape';
import { formatDuration } from './frequency';
import type { Run } from './repository/history';

/** Width of a progress bar, characters. */
const BAR = 20;
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `1.5 MB`. */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  for (; value >= 1000 && unit < UNITS.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** A bar that the next one replaces: `verified [#####     ] 1.5 MB of 3.0 MB`. */
export function progressLine(what: string, done: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(done / total, 1);
  const full = Math.round(share * BAR);
  return `${what} [${'#'.repeat(full)}${' '.repeat(BAR - full)}] ${formatBytes(done)} of ${formatBytes(total)}`;
}

/** `2026-01-31 12:00:05`, in this machine's time. */
export function formatTime(ms: number): string {
  const at = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** One line of what a run did. */
export function runWords(run: Run): string {
  const { node, path, atMs, tookMs, travelled } = run;
  return `${formatTime(atMs)} ${node} ${pathWords(path)}: ${outcomeWords(run)}, ${formatBytes(travelled)} travelled, ${formatDuration(tookMs)}`;
}

/** How it went, without when. */
export function outcomeWords({ outcome, copy, entries, bytes, error, problems }: Run): string {
  const left = problems ? `, ${problems.length}${problems.length === 100 ? ' or more' : ''} not read` : '';
  if (outcome === 'failed') return `failed: ${escapeText(error ?? '')}`;
  if (outcome === 'unchanged') return `unchanged${left}`;
  return `copy ${copy}, ${entries} entries of ${formatBytes(bytes ?? 0)}${left}`;
}

/** A path as people see it: the root itself is a dot. */
export function pathWords(path: string): string {
  return path === '' ? '.' : escapeText(path);
}
