/** Forms of requests that several pages share. What is not declared is refused. */

export const NAME = { type: 'string', minLength: 1, maxLength: 256 };
export const FLAG = { type: 'boolean' };
/** The reply where nothing else is to be said. */
export const DONE = { status: 'ok' };

type Properties = Readonly<Record<string, object>>;

/** A query of these words, all of them needed. */
export function queryOf(properties: Properties): { schema: { querystring: object } } {
  return { schema: { querystring: strict(properties, Object.keys(properties)) } };
}

/** A body of these properties; all of them needed, unless only some are named. */
export function bodyOf(properties: Properties, required = Object.keys(properties)): { schema: { body: object } } {
  return { schema: { body: strict(properties, required) } };
}

function strict(properties: Properties, required: readonly string[]): object {
  return { type: 'object', properties, required, additionalProperties: false };
}
