/** Reads the key-value files that an overlay's servents load. */

import { readFileSync } from 'node:fs';
import { fileError } from '../../shared/errors';
import type { TopologyServent } from './topology';

/** The bytes of a servent's file. @throws OperatorError `file` that names the servent and the file */
export function readServentFile({ name, file }: Pick<TopologyServent, 'name' | 'file'>): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw fileError(`a key-value file for servent "${name}"`, file, cause);
  }
}
