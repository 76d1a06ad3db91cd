/**
 * Recipes for chunks (parts.ts) as they travel, some in a frame: a line of JSON, `[[place, recipe], ...]`, where a chunk's place is
 * that in the question; then the new bytes of all of them, one behind the other.
 */

import type { ByteSource } from './byte-source';
import { frameOf, LinesError, takeFrame } from './lines';
import type { Recipe } from './parts';

/** Longest frame: that of some chunks of which nothing was known, the last of them the longest of a long file, bytes. */
const FRAME_MAX = 6 * 1024 * 1024;
const NEWLINE = 0x0a;

/** Of one chunk. */
export type PlacedRecipe = [place: number, recipe: Recipe];

export interface PartFrame {
  recipes: PlacedRecipe[];
  fresh: Buffer;
}

/** The bytes of a frame. */
export function encodePartFrame(recipes: readonly PlacedRecipe[], fresh: readonly Uint8Array[]): Promise<Buffer> {
  return frameOf(Buffer.concat([Buffer.from(`${JSON.stringify(recipes)}\n`), ...fresh]));
}

/** The next frame, its numbers whole and not below 0; undefined at the end. @throws LinesError for what is none */
export async function takePartFrame(source: ByteSource): Promise<PartFrame | undefined> {
  const contents = await takeFrame(source, FRAME_MAX);
  if (!contents) return undefined;
  const end = contents.indexOf(NEWLINE);
  const recipes = recipesOf(contents.subarray(0, Math.max(end, 0)).toString());
  if (recipes) return { recipes, fresh: contents.subarray(end + 1) };
  throw new LinesError('expected a frame of recipes, got something else');
}

/** At least one. */
function recipesOf(text: string): PlacedRecipe[] | undefined {
  try {
    const recipes: unknown = JSON.parse(text);
    return Array.isArray(recipes) && recipes.length > 0 && recipes.every(isPlaced) ? recipes : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isPlaced(value: unknown): value is PlacedRecipe {
  return Array.isArray(value) && isCount(value[0]) && Array.isArray(value[1]) && value[1].every(isCount);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
