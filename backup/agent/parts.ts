/** What an agent answers where the server has a chunk as it was before: the parts of it that have changed. */

import { setImmediate as turn } from 'node:timers/promises';
import { encodePartFrame, type PlacedRecipe } from '../part-frame';
import { recipeOf } from '../parts';
import { BLOCK_BYTES, type PartsRequest } from '../wire';
import { contentsOf, type Range } from './answers';
import type { ChunkMemory } from './chunk-memory';
import type { Root } from './root';

/** Recipes for the chunks asked for that still are what they were. */
export async function* sendParts(
  tree: Root,
  { files }: PartsRequest,
  memory: ChunkMemory,
): AsyncGenerator<Buffer, void> {
  let recipes: PlacedRecipe[] = [];
  let fresh: Uint8Array[] = [];
  let bytes = 0;
  let begin = 0;
  for (const { path, chunks } of files) {
    const ranges = chunks.map(([at, length, sum]): Range => [at, length, sum]);
    const places = new Map(ranges.map(([, , sum], i) => [sum, i]));
    for (const [sum, contents] of contentsOf(tree, path, ranges, memory)) {
      await turn();
      if (!contents) continue;
      const place = places.get(sum)!;
      const [, , , baseLength, blockSums] = chunks[place]!;
      const made = recipeOf(contents, baseLength, blockSums);
      recipes.push([begin + place, made.recipe]);
      fresh.push(...made.fresh);
      bytes += contents.length;
      if (bytes < BLOCK_BYTES) continue;
      yield await encodePartFrame(recipes, fresh);
      [recipes, fresh, bytes] = [[], [], 0];
    }
    begin += chunks.length;
  }
  if (recipes.length > 0) yield await encodePartFrame(recipes, fresh);
}
