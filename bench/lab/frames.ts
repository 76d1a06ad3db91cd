/**
 * How many frames a second the lab's page shows while a flood runs across it: in Debian's Chromium without a screen or a graphics
 * card, counted by requestAnimationFrame. `npm run bench:lab -- small-world --servents 200`, or any other words for `lab`.
 */

import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { endPrograms, readyEvent, startProgram } from '../../shared/program/start-program';
import { openPage, startBrowser } from '../../test/support/lab/browser';

const WORDS = ['small-world', '--servents', '200', '--degree', '8'];

/** Plays the flood from its beginning, and gives the time of each frame until its end, milliseconds. */
const FRAMES = `new Promise((done) => {
  document.getElementById('again').click();
  document.getElementById('play').click();
  const times = [];
  const frame = (atMs) => {
    times.push(atMs);
    if (document.getElementById('play').textContent === 'Pause') requestAnimationFrame(frame);
    else done(times);
  };
  requestAnimationFrame(() => requestAnimationFrame(frame));
})`;

/** What the browser's processes have used so far, by their type: on a busy machine frames are fewer, and cost the same. */
async function processorSeconds(browser: Browser): Promise<Record<string, number>> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const seconds: Record<string, number> = {};
  for (const { type, cpuTime } of processInfo) seconds[type] = (seconds[type] ?? 0) + cpuTime;
  return seconds;
}

async function main(given: readonly string[]): Promise<void> {
  const words = given.length > 0 ? given : WORDS;
  const script = join(__dirname, '..', '..', 'dist', 'lab', 'main.js');
  const lab = startProgram(process.execPath, [script, ...words, '--timeout', '1', '--json'], { tied: true });
  const { http } = await readyEvent<{ http: string }>(lab, 'the lab');
  const browser = await startBrowser();
  try {
    const { page } = await openPage(browser, http, { viewport: { width: 1360, height: 900 } });
    await page.locator('#key').fill('tcpmux');
    await page.locator('#key').press('Enter');
    await page.locator('#end', { hasText: /^no (more )?responses/ }).waitFor();
    console.log(await page.locator('#headline').textContent());
    console.log(await page.locator('#totals').textContent());
    // It plays by itself once; then it is played again, and counted.
    await page.locator('#play', { hasText: 'Play' }).waitFor();
    const before = await processorSeconds(browser);
    const times = await page.evaluate<number[]>(FRAMES);
    const used = await processorSeconds(browser);
    const gaps = times.slice(1).map((atMs, i) => atMs - times[i]!);
    gaps.sort((a, b) => a - b);
    const seconds = (times.at(-1)! - times[0]!) / 1000;
    const at = (share: number): string => gaps[Math.floor(share * (gaps.length - 1))]!.toFixed(1);
    console.log(`${(gaps.length / seconds).toFixed(1)} frames a second for ${seconds.toFixed(1)} s`);
    const costs = Object.keys(used).map((type) => {
      const ms = (1000 * (used[type]! - (before[type] ?? 0))) / gaps.length;
      return `${type} ${ms.toFixed(1)}`;
    });
    console.log(`processor time of a frame, ms: ${costs.join(', ')}`);
    console.log(`between two frames, ms: median ${at(0.5)}, 95 % below ${at(0.95)}, longest ${at(1)}`);
  } finally {
    await browser.close();
    await endPrograms();
  }
}

void main(process.argv.slice(2));
