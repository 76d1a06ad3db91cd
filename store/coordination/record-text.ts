/** The record as a line of JSON that people can read, with a sum that tells whether it is whole. */

import { createHash } from 'node:crypto';
import type { Configuration, Member } from './coordination';

/** `{"version":2,"epoch":1,"leader":"...","inSync":[{"id":"...","address":"..."}],"sum":"..."}`: sum is the SHA-256 (hex) of the rest. */
export function formatRecord({ version, epoch, leader, inSync, forced }: Configuration): string {
  const members = inSync.map(({ id, address }) => ({ id, address }));
  const rest = { version, epoch, leader, inSync: members, ...(forced && { forced }) };
  return JSON.stringify({ ...rest, sum: sumOf(JSON.stringify(rest)) });
}

/** The record that the text holds; undefined: it is damaged. */
export function parseRecord(text: string): Configuration | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const { sum, ...rest } = value;
  return sum === sumOf(JSON.stringify(rest)) ? rest : undefined;
}

function sumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function isRecord(value: unknown): value is Configuration & { sum: string } {
  const { version, epoch, leader, inSync } = (value ?? {}) as Partial<Configuration>;
  return (
    Number.isSafeInteger(version) &&
    Number.isSafeInteger(epoch) &&
    typeof leader === 'string' &&
    Array.isArray(inSync) &&
    inSync.every(isMember)
  );
}

/** Is this who takes part, as it was written for others? */
export function isMember(value: unknown): value is Member {
  const { id, address } = (value ?? {}) as Partial<Member>;
  return typeof id === 'string' && typeof address === 'string';
}
