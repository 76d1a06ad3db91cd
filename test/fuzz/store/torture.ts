/**
 * Hostile frames, many: `npm run torture:store -- --count 20000000 --seed 1`. Fails when the dialect throws, answers what was not
 * asked, or when memory grows.
 */

import { scriptOptions } from '../../support/script-options';
import { drawsOf } from '../../support/seeded';
import { sendFrames } from './frames';

const values = scriptOptions({
  options: { count: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
});
/** What it may take beside what it took after the first round, bytes. */
const GROWTH_MAX = 32 * 1024 * 1024;
const ROUND = 100_000;

void main();

async function main(): Promise<void> {
  const draws = drawsOf(Number(values.seed));
  let atFirst = 0;
  for (let sent = 0; sent < Number(values.count); sent += ROUND) {
    const tally = await sendFrames(Math.min(ROUND, Number(values.count) - sent), draws);
    global.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const taken = heapUsed + arrayBuffers;
    atFirst ||= taken;
    if (taken > atFirst + GROWTH_MAX) throw new Error(`memory grew from ${atFirst} to ${taken} bytes`);
    if (sent % (10 * ROUND) === 0) console.log(JSON.stringify({ sent: sent + tally.frames, ...tally, taken }));
  }
  console.log(JSON.stringify({ sent: Number(values.count), seed: Number(values.seed), failures: 0 }));
}
