/** Work on many things at a time, but not on all. */

/**
 * Calls `each` with every item, `max` of them at a time, and gives the results in the items' order. After a failure, or once
 * the signal is given, no further one is begun.
 * @throws what the first failure threw, or the signal's reason
 */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  max: number,
  each: (item: Item, index: number) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      signal?.throwIfAborted();
      const index = next++;
      try {
        results[index] = await each(items[index]!, index);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(max, items.length) }, work));
  return results;
}
