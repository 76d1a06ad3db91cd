/**
 * A store's content as lines of JSON, to be kept or taken elsewhere: `["collection", name, schema]`, and behind it its documents
 * as `["document", {...}]`.
 */

import { OperatorError } from '../../shared/errors';
import { checkOperation } from '../documents/operations';
import type { Json, Operation } from '../entry';
import type { Snapshot } from '../state-machine';

const PIECE_BYTES = 64 * 1024;

/** The lines of a snapshot, without what only replicas need. */
export function* exportLines(snapshot: Snapshot): Generator<string> {
  for (let lines = snapshot.next(PIECE_BYTES); lines; lines = snapshot.next(PIECE_BYTES)) {
    for (const line of lines) if (!line.startsWith('["request",')) yield line;
  }
}

/**
 * The operations that make the content again. Each may be done twice: a document that is there with equal content is left.
 * @param source names where the lines are from
 * @throws OperatorError `file` for a line that is none of an export
 */
export async function* importOperations(lines: AsyncIterable<string>, source: string): AsyncGenerator<Operation> {
  let number = 0;
  let collection: Json | undefined;
  for await (const line of lines) {
    number++;
    const op = operationOf(line, collection);
    const reason = op ? checkOperation(op) : 'it is neither a collection nor a document behind one';
    if (op === undefined || reason !== undefined) {
      throw new OperatorError(
        'file',
        `expected a line of an export in "${source}", line ${number}, got another: ${reason}`,
      );
    }
    if (op[0] === 'create') collection = op[1];
    yield op;
  }
}

function operationOf(line: string, collection: Json | undefined): Operation | undefined {
  let parts: Json;
  try {
    parts = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts)) return undefined;
  if (parts[0] === 'collection' && parts.length === 3) return ['create', parts[1], parts[2]];
  if (parts[0] === 'document' && parts.length === 2 && collection !== undefined)
    return ['insert', collection, parts[1]];
  return undefined;
}
