/** What one operation, and the whole state, may hold at most; and how a refusal is said. */

/** Of a document, as JSON in UTF-8. */
export const DOCUMENT_BYTES_MAX = 2 * 1024 * 1024;
/** Of an operation, as JSON in UTF-8: a document and what stands around it, and below what a line of the log may have. */
export const OPERATION_BYTES_MAX = 3 * 1024 * 1024;
/** Of lists and objects in each other, the operation's own among them. */
export const DEPTH_MAX = 64;
/** Of collections and attributes; it stands in keys of the engine. */
export const NAME_BYTES_MAX = 128;
export const ID_BYTES_MAX = 512;
/** The schemas of all stand in memory. */
export const COLLECTIONS_MAX = 1000;
export const ATTRIBUTES_MAX = 256;
export const CONDITIONS_MAX = 64;
/** What one update or delete may change: it is one transaction, and nothing else is served meanwhile. */
export const CHANGED_MAX = 100_000;
export const CHANGED_BYTES_MAX = 256 * 1024 * 1024;
/** Of one answer to a search, where the question names no less. */
export const RESULT_BYTES_MAX = 16 * 1024 * 1024;

/** How much of a foreign text a sentence shows. */
const SHOWN_MAX = 64;

/** Why an operation is not done, in one sentence for its client. */
export class Refusal extends Error {}

/** A foreign text as a sentence shows it. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text);
}
