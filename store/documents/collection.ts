/** One collection: its documents and their index entries in the engine, their number and sum beside it. */

import type { Json } from '../entry';
import { DOCUMENT_BYTES_MAX, quoted, Refusal } from './bounds';
import type { Reader, Writer } from './engine';
import { attributeOf, equal, type JsonObject } from './json';
import { behind, documentKey, documentsPrefix, indexKey, indexPrefix } from './keys';
import { ID, indexedIn, parseSchema, type Schema, type Type } from './schema';
import { StateSum } from './state-sum';

/** A document as the engine holds it, `_id` first. */
export type Document = JsonObject & { readonly [ID]: string };

/** What the engine keeps of a collection beside its documents. */
export interface CollectionRecord {
  number: number;
  schema: JsonObject;
  documents: number;
  sum: string;
}

/** The index of an attribute. */
export interface Index {
  readonly attribute: string;
  readonly type: Type;
  /** What its keys begin with, and the first key behind all of them. */
  readonly prefix: string;
  readonly end: string;
}

export class Collection {
  readonly name: string;
  /** Of its keys, on this replica alone. */
  readonly number: number;
  readonly schema: Schema;
  /** What its documents' keys begin with. */
  readonly prefix: string;
  readonly indexes: readonly Index[];
  readonly #sum: StateSum;
  #documents: number;

  constructor(name: string, { number, schema, documents, sum }: CollectionRecord) {
    this.name = name;
    this.number = number;
    this.schema = parseSchema(schema);
    this.prefix = documentsPrefix(number);
    this.indexes = [...this.schema.attributes]
      .filter(([, { indexed }]) => indexed)
      .map(([attribute, { type }]) => {
        const prefix = indexPrefix(number, attribute);
        return { attribute, type, prefix, end: behind(prefix) };
      });
    this.#documents = documents;
    this.#sum = new StateSum(sum);
  }

  get documents(): number {
    return this.#documents;
  }

  /** What the engine keeps. */
  record(): CollectionRecord {
    return { number: this.number, ...this.description(), sum: this.#sum.toString() };
  }

  /** What replicas with the same entries have in common, the documents' sum among it. */
  digest(): string {
    return JSON.stringify([this.name, this.schema.written, this.#documents, this.#sum.toString()]);
  }

  description(): { schema: JsonObject; documents: number } {
    return { schema: this.schema.written, documents: this.#documents };
  }

  find(reader: Reader, id: string): Document | undefined {
    const text = reader.get(documentKey(this.number, id));
    return text === undefined ? undefined : parseDocument(text);
  }

  /** Stores a new document in the place of `before`. @throws Refusal when it is too large, before anything is written */
  put(writer: Writer, document: Document, before: Document | undefined): void {
    const text = textOf(document);
    if (before) this.#withdraw(writer, before, document);
    else this.#documents++;
    this.#sum.toggle(text);
    writer.put(documentKey(this.number, document[ID]), text);
    for (const [attribute, type, value] of indexedIn(this.schema, document)) {
      if (before && equal(attributeOf(before, attribute) ?? null, value)) continue;
      writer.put(indexKey(this.number, attribute, type, value, document[ID]), '');
    }
  }

  remove(writer: Writer, document: Document): void {
    this.#documents--;
    this.#withdraw(writer, document, undefined);
    writer.remove(documentKey(this.number, document[ID]));
  }

  /** Takes out of the sum and the indexes what `after` does not have too. */
  #withdraw(writer: Writer, document: Document, after: Document | undefined): void {
    this.#sum.toggle(JSON.stringify(document));
    for (const [attribute, type, value] of indexedIn(this.schema, document)) {
      if (after && equal(attributeOf(after, attribute) ?? null, value)) continue;
      writer.remove(indexKey(this.number, attribute, type, value, document[ID]));
    }
  }
}

/** What the engine keeps of a document. @throws Refusal when it is too large */
export function textOf(document: Document): string {
  const text = JSON.stringify(document);
  // A character has at most three bytes: only a long text needs to be measured.
  if (text.length * 3 > DOCUMENT_BYTES_MAX && Buffer.byteLength(text) > DOCUMENT_BYTES_MAX) {
    throw new Refusal(`the document ${quoted(document[ID])} would have more than ${DOCUMENT_BYTES_MAX} bytes of JSON`);
  }
  return text;
}

/** A document with its `_id` first, whatever stood before it. */
export function identified(id: string, attributes: JsonObject): Document {
  const { [ID]: _, ...rest } = attributes;
  return { [ID]: id, ...rest } as Document;
}

/** A document as the engine keeps it. @throws SyntaxError for anything else: the state is damaged */
export function parseDocument(text: string): Document {
  return JSON.parse(text) as Json as Document;
}
