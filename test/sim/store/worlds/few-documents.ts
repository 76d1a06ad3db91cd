/**
 * Documents as users meet them, in all three dialects: those of a collection inserted, changed, removed and found, pairs put and
 * got as the key-value dialect does, forms as REST does. Kept by the real documents.
 */

import type { Random } from '../../../../simulator/random';
import { getOperation, pairIn, putIn, putOperation } from '../../../../store/dialects/key-value/pairs';
import type { Json, Operation } from '../../../../store/entry';
import type { Asked, Meant, Subject } from './subject';

const COLLECTION = 'docs';
const FORMS = 'formularios';
const SCHEMA = { '*name': 'str', value: 'int' };
const FORMS_SCHEMA = { '*genero': 'str', '...': 'any' };
/** So many values that follow on each other are forms of one id: they are posted at about the same time. */
const FORMS_AN_ID = 8;

/** Before anything else: the collection is there already where another client was faster. */
export const CREATE: Operation = ['create', COLLECTION, SCHEMA];

/** With `loses`, without what a lost collection would make hard to judge: only what makes its collection itself. */
export function documentsOf(count: number, loses: boolean): Subject {
  const drawId = (random: Random): string => `d${random.below(count)}`;
  const drawKey = (random: Random): string => `k${random.below(count)}`;
  return {
    drawWrite(random, value) {
      const kind = loses ? 5 + random.below(5) : random.below(10);
      if (kind < 3) return asked(['insert', COLLECTION, { _id: drawId(random), name: `n${value % 3}`, value }]);
      if (kind < 4) return asked(['update', COLLECTION, { _id: drawId(random) }, { value }]);
      if (kind < 5) return asked(['delete', COLLECTION, { _id: drawId(random) }]);
      if (kind < 8) return asked(putOperation(drawKey(random), String(value)));
      const form = { _id: `f${Math.floor(value / FORMS_AN_ID)}`, genero: 'Otro', value };
      return asked(['put', FORMS, form, { absent: true, schema: FORMS_SCHEMA }]);
    },
    drawRead(random): Asked {
      const key = drawKey(random);
      const input = { kind: 'find', value: 0 };
      if (loses || random.chance(50)) return { object: `kv ${key}`, input, operation: getOperation(key) };
      const id = drawId(random);
      return { object: `${COLLECTION} ${id}`, input, operation: ['search', COLLECTION, { _id: id }] };
    },
    meant,
    told: ({ kind }, reply) => {
      const [word, content] = reply;
      if (kind === 'put') return word;
      if (kind === 'form') return String((content as { stored: boolean }).stored);
      if (kind === 'insert') return word;
      // Without a collection nothing is found in it.
      if (kind !== 'find') return word === 'ok' ? String(content) : '0';
      return pairIn(reply)?.value ?? String(word === 'ko' ? null : valueIn(content));
    },
    perform: (state, { kind, value }) => {
      switch (kind) {
        case 'put':
          return [value, 'ok'];
        case 'form':
          return state === null ? [value, 'true'] : [state, 'false'];
        case 'insert':
          return state === null ? [value, 'ok'] : [state, 'ko'];
        case 'update':
          return state === null ? [state, '0'] : [value, '1'];
        case 'delete':
          return state === null ? [state, '0'] : [null, '1'];
        default:
          return [state, String(state)];
      }
    },
  };
}

function asked(operation: Operation): Asked {
  return { ...meant(operation)!, operation };
}

function meant(operation: Operation): Meant | undefined {
  const [name, collection, first, second] = operation as unknown as [string, string, Named, Valued];
  const pair = putIn(operation);
  if (pair) return { object: `kv ${pair.key}`, input: { kind: 'put', value: Number(pair.value) } };
  if (name === 'put') return { object: `${FORMS} ${first._id}`, input: { kind: 'form', value: first.value } };
  if (collection !== COLLECTION || name === 'create') return undefined;
  const value = name === 'insert' ? first.value : (second?.value ?? 0);
  return { object: `${COLLECTION} ${first._id}`, input: { kind: name, value } };
}

interface Valued {
  value: number;
}

interface Named extends Valued {
  _id: string;
}

function valueIn(found: Json): Json {
  const [document] = found as { value: number }[];
  return document?.value ?? null;
}
