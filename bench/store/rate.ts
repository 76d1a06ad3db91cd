/** How much is done a second by clients that each ask one thing after the other. */

/** Clients at once. */
export const CLIENTS = 32;
const SECONDS = 3;

/** How often a second `once`, which is told how many went before it, is done by all clients together. */
export async function rate(once: (n: number) => Promise<void>): Promise<number> {
  let done = 0;
  const startMs = performance.now();
  const endMs = startMs + SECONDS * 1000;
  const client = async (): Promise<void> => {
    while (performance.now() < endMs) await once(done++);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return done / ((performance.now() - startMs) / 1000);
}

/** Words of a rate beside what it is compared with: `PUT 1200 a second (0.37)`. */
export function rateLine(name: string, perSecond: number, base: number): string {
  return `${name} ${perSecond.toFixed(0)} a second (${(perSecond / base).toFixed(2)})`;
}
