/** What is in a copy, for people. */

import { OperatorError } from '../../shared/errors';
import type { Name, TreeRecord } from '../record';
import type { Copy } from '../repository/copy';
import type { Repository } from '../repository/repository';
import { pathBelow } from './select';

/** The records of a copy at or below a path, in order, without chunks. @throws OperatorError `file` when nothing is there, DamageError */
export async function* listCopy(repository: Repository, copy: Copy, below: Name): AsyncGenerator<TreeRecord> {
  let isEmpty = true;
  for await (const record of repository.copies.records(copy)) {
    if (pathBelow(record.path, below) === undefined) continue;
    isEmpty = false;
    if (record.type === 'file') delete record.chunks;
    yield record;
  }
  if (isEmpty)
    throw new OperatorError('file', `expected a path of the copy, got ${JSON.stringify(below)}: it is not in it`);
}
