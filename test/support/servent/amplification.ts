/**
 * What an attacker gets out of a servent who names a victim on the public internet in forged queries: counted on the real core
 * with the default limits, on a virtual clock, with more queries than any limit lets through.
 */

import { DEFENCE_DEFAULTS } from '../../../servent/defence-settings';
import { query, TestServent } from './test-servent';

/** Of an address left alone before. */
export interface Amplification {
  valueBytes: number;
  queryBytes: number;
  answerBytes: number;
  /** Bytes toward the victim in the first second, its burst included. */
  firstSecond: number;
  /** Bytes toward the victim in each second from then on, on average. */
  eachSecond: number;
}

const KEY = 'key';
const SECONDS = 20;
/** Enough to meet each limit as soon as it lets another answer through. */
const EVERY_MS = 4;
const BURST = 200;

export function amplificationOf(valueBytes: number): Amplification {
  const servent = new TestServent({
    holds: `${KEY} ${'v'.repeat(valueBytes)}`,
    defences: DEFENCE_DEFAULTS,
    seenMax: 10_000,
  });
  let sequence = 0;
  let answerBytes = 0;
  const bytesAt = (nowMs: number): number => {
    const forged = query(KEY, { of: `203.0.113.7:${1 + (sequence % 65_535)}`, sequence: sequence++ });
    servent.hears(forged, '127.0.0.1:5000', nowMs);
    const bytes = servent.last.sent.reduce((sum, datagram) => sum + datagram.bytes.length, 0);
    answerBytes ||= bytes;
    return bytes;
  };
  let firstSecond = 0;
  for (let i = 0; i < BURST; i++) firstSecond += bytesAt(0);
  for (let nowMs = EVERY_MS; nowMs < 1000; nowMs += EVERY_MS) firstSecond += bytesAt(nowMs);
  let later = 0;
  for (let nowMs = 1000; nowMs < (1 + SECONDS) * 1000; nowMs += EVERY_MS) later += bytesAt(nowMs);
  return {
    valueBytes,
    queryBytes: query(KEY).length,
    answerBytes,
    firstSecond,
    eachSecond: Math.round(later / SECONDS),
  };
}

/** The table's lines as they stand in SECURITY.md. */
export function amplificationLines(): string[] {
  return [10, 100, 500, 1000, 10_000, 65_501].map((valueBytes) => {
    const { queryBytes, answerBytes, firstSecond, eachSecond } = amplificationOf(valueBytes);
    const factor = (answerBytes / queryBytes).toFixed(1);
    const cells = [valueBytes, queryBytes, answerBytes, factor, firstSecond, eachSecond];
    return `| ${cells.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : cell)).join(' | ')} |`;
  });
}
