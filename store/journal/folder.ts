/** A replica's folder: held by one process, made when it is nobody's yet, and set aside when it is damaged. */

import { join } from 'node:path';
import { OperatorError } from '../../shared/errors';
import { lockFolder, type Unlock } from '../../shared/folder-lock';
import { START } from '../entry';
import { type Facts, readFacts, writeFacts } from './facts';
import type { Files } from './files';

/** What `setAside` moves: all that a damaged log makes useless, and not the lock. */
const OURS = /^(log-\d+|state(-lock)?|replica\.json(\.next)?|cut-\d+-\d+\.jsonl)$/;

export interface HeldFolder {
  facts: Facts;
  /** The folder was nobody's. */
  isNew: boolean;
  unlock: Unlock;
}

/**
 * Holds a folder until `unlock`, or the process's end, and reads what it says of its replica.
 * @param newId a random identity, for a folder that is nobody's yet
 * @throws OperatorError `lock` when another process has it, `format` when another version wrote it, `damage`, `file`
 */
export async function holdFolder(files: Files, folder: string, newId: string): Promise<HeldFolder> {
  const unlock = lockFolder(folder);
  try {
    const found = await readFacts(files, folder);
    return { facts: found ?? (await newFacts(files, folder, newId)), isNew: found === undefined, unlock };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Moves everything into a folder of its own beneath, whose path it gives, and begins anew as somebody else. */
export async function setAside(files: Files, folder: string, newId: string): Promise<{ facts: Facts; aside: string }> {
  const names = await files.list(folder);
  const numbers = names.map((name) => Number(/^damaged-(\d+)$/.exec(name)?.[1] ?? 0));
  const aside = join(folder, `damaged-${Math.max(0, ...numbers) + 1}`);
  await files.makeFolder(aside);
  // The facts go last: stopped before, the folder is still the damaged one.
  const ours = names.filter((name) => OURS.test(name));
  ours.sort((a, b) => Number(a.startsWith('replica')) - Number(b.startsWith('replica')));
  for (const name of ours) await files.rename(join(folder, name), join(aside, name));
  await files.flushFolder(folder);
  return { facts: await newFacts(files, folder, newId), aside };
}

async function newFacts(files: Files, folder: string, id: string): Promise<Facts> {
  const others = (await files.list(folder)).filter((name) => OURS.test(name) && name !== 'replica.json.next');
  if (others.length > 0) {
    throw new OperatorError('damage', `expected "replica.json" beside "${others[0]}" in "${folder}", got none`);
  }
  const facts: Facts = { id, segments: 'log-1', base: START, marks: null };
  await writeFacts(files, folder, facts);
  return facts;
}
