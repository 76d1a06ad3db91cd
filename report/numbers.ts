/** What the experiments do with numbers: means, shares, and no more digits than mean something. */

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** To so many decimals; the same on every machine. */
export function rounded(value: number, decimals = 2): number {
  return Number(value.toFixed(decimals));
}

/** Part of a hundred. */
export function percent(part: number, whole: number): number {
  return rounded((100 * part) / whole);
}
