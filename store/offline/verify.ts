/** Checks everything that a replica's folder holds: its facts, each line of its log, its state, and that they fit each other. */

import { OperatorError } from '../../shared/errors';
import { parseDocument } from '../documents/collection';
import type { Reader } from '../documents/engine';
import { behind, documentsPrefix, indexKey } from '../documents/keys';
import { indexedIn } from '../documents/schema';
import { State } from '../documents/state';
import { StateSum } from '../documents/state-sum';
import type { Position } from '../entry';
import { readFacts } from '../journal/facts';
import type { Files } from '../journal/files';
import { scanLog } from '../journal/scan';

export interface Verified {
  id: string;
  /** The log begins behind `base` and ends with `last`. */
  base: Position;
  last: Position;
  /** The log's last line is torn: it was never acknowledged, and the next start cuts it off. */
  torn: boolean;
  /** Undefined where the replica has none yet. */
  state: { applied: Position; hash: string; documents: number } | undefined;
}

/**
 * @param reader of the state, as of one moment; undefined where there is none
 * @throws OperatorError `file` for a folder that is no replica's, `damage` (a LogDamage in the log), `format`
 */
export async function verifyFolder(files: Files, folder: string, reader: Reader | undefined): Promise<Verified> {
  const facts = await readFacts(files, folder);
  if (facts === undefined)
    throw new OperatorError('file', `expected a replica's folder, got "${folder}" without its "replica.json"`);
  const state = reader && verifyState(folder, reader);
  const { last, torn } = await scanLog(files, folder, facts, (entry) => {
    const applied = state?.applied;
    if (entry.index === applied?.index && entry.sum !== applied.sum) throw differs(folder, entry.index);
  });
  return { id: facts.id, base: facts.base, last, torn: torn !== undefined, state };
}

/** Counts and sums everything anew. */
function verifyState(folder: string, reader: Reader): NonNullable<Verified['state']> {
  const state = new State(reader);
  let documents = 0;
  for (const collection of state.collections) {
    const { name, number, schema } = collection;
    const sum = new StateSum();
    let count = 0;
    const first = documentsPrefix(number);
    for (const [, text] of reader.range(first, behind(first))) {
      const document = parseDocument(text);
      sum.toggle(text);
      count++;
      for (const [attribute, type, value] of indexedIn(schema, document)) {
        if (reader.get(indexKey(number, attribute, type, value, document._id)) === undefined) {
          throw damage(
            folder,
            `document ${JSON.stringify(document._id)} of ${JSON.stringify(name)} is missing in an index`,
          );
        }
      }
    }
    if (count !== collection.documents || sum.toString() !== collection.record().sum) {
      throw damage(folder, `the documents of ${JSON.stringify(name)} are not those that were written`);
    }
    documents += count;
  }
  return { applied: state.applied, hash: state.hash(), documents };
}

function differs(folder: string, index: number): OperatorError {
  return damage(folder, `it applied another entry ${index} than the log has`);
}

function damage(folder: string, what: string): OperatorError {
  return new OperatorError('damage', `the state in "${folder}" is damaged: ${what}`);
}
