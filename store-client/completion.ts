/** What the Tab key offers at the prompt: commands, collections, attributes. */

import type { Description } from './client';
import { COMMANDS } from './commands';
import { REST } from './typed';

const WITH_COLLECTION = ['rmcol', 'add', 'search', 'update', 'remove'];

/** The words that the last one of a line may become, and that one, as readline wants them. */
export function completions(line: string, description: Description): [string[], string] {
  const [command = '', collection, ...rest] = line.split(/[\s,]+/);
  const word = rest.at(-1) ?? collection ?? command;
  return [candidates(command, collection, rest.length, description).filter((name) => name.startsWith(word)), word];
}

function candidates(
  command: string,
  collection: string | undefined,
  attributes: number,
  description: Description,
): string[] {
  if (collection === undefined) return COMMANDS.map((name) => `${name} `);
  if (!WITH_COLLECTION.includes(command)) return [];
  if (attributes === 0) return Object.keys(description).map((name) => `${name} `);
  const schema = Object.hasOwn(description, collection) ? description[collection]!.schema : {};
  const names = Object.keys(schema).filter((name) => name !== REST);
  const equals = names.map((name) => `${name.replace(/^\*/, '')}=`);
  return command === 'add' ? equals : ['_id=', ...equals];
}
