/** How often something is fetched, as people write it: `30s`, `15m`, `6h`, `1d`; a bare number is minutes (section 1). */

import { usageError } from '../shared/errors';

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, '': 60_000 };
const MIN_MS = 1000;
const MAX_MS = 366 * UNITS['d']!;

/** Milliseconds. @throws OperatorError `usage` */
export function frequencyOf(word: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(word) ?? [];
  const ms = Number(digits === '' ? Number.NaN : digits) * UNITS[unit]!;
  if (ms >= MIN_MS && ms <= MAX_MS) return ms;
  throw usageError(`expected a frequency from 1s to 366d (30s, 15m, 6h, 1d; a bare number is minutes), got "${word}"`);
}

/** `90s` as `1m 30s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  const parts: string[] = [];
  let rest = Math.round(ms / 1000) * 1000;
  for (const unit of ['d', 'h', 'm', 's']) {
    const count = Math.floor(rest / UNITS[unit]!);
    rest -= count * UNITS[unit]!;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.slice(0, 2).join(' ');
}
