/** Numbers that threads share, under names: a plain object to whoever reads and writes it. */

/** Where a record begins among the words; one that is moved shows other numbers from then on. */
export interface Place {
  at: number;
}

/**
 * A record whose numbers are the words from a place on, in the order of their names. Each is read and written whole: a number of
 * 64 bits is one access on the processors that several workers run on (x64, arm64). Adding to one is no single access: whoever
 * adds is alone.
 */
export function sharedRecord<Name extends string>(
  words: Float64Array,
  place: Place,
  names: readonly Name[],
): Record<Name, number> {
  const properties = names.map((name, i): [Name, PropertyDescriptor] => [
    name,
    {
      enumerable: true,
      get: () => words[place.at + i],
      set: (value: number) => void (words[place.at + i] = value),
    },
  ]);
  return Object.defineProperties({}, Object.fromEntries(properties)) as Record<Name, number>;
}
