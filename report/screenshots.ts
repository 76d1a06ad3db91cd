/** Makes the README's pictures of the lab anew, by Debian's Chromium: `npm run lab:screenshots`. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { endPrograms, readyEvent, startProgram } from '../shared/program/start-program';
import { openPage, startBrowser } from '../test/support/lab/browser';

const FOLDER = join(__dirname, 'screenshots');
const WIDTH = 1180;

interface Picture {
  file: string;
  /** For the lab. */
  words: readonly string[];
  dark: boolean;
  height: number;
  width?: number;
  /** Of the page; default: all that its window shows. */
  part?: string;
  /** Brings the page to what is to be seen. */
  prepare(page: Page): Promise<void>;
}

const PICTURES: readonly Picture[] = [
  {
    file: 'overlay.png',
    words: ['grid', '--timeout', '0.5'],
    dark: false,
    height: 860,
    prepare: (page) => floodAt(page, 's6', 2.6),
  },
  {
    file: 'overlay-200.png',
    words: ['small-world', '--servents', '200', '--timeout', '0.5'],
    dark: true,
    height: 700,
    width: 1010,
    part: '.stage',
    prepare: (page) => floodAt(page, 's1', 3.6),
  },
  {
    file: 'store.png',
    words: ['store'],
    dark: false,
    height: 1060,
    async prepare(page) {
      await page.locator('tr[data-replica=r3] td:nth-of-type(5)', { hasText: 'yes' }).waitFor();
      for (const text of ['hello', 'world']) {
        await page.locator('#insert').fill(JSON.stringify({ text }));
        await page.locator('#insert').press('Enter');
        await page.locator('#inserted', { hasText: 'Acknowledged' }).waitFor();
        await page.locator('#caption', { hasText: 'done' }).waitFor();
      }
      await page.locator('#check', { hasText: '2 acknowledged: all there' }).waitFor();
      await goTo(page, 1.4);
    },
  },
];

async function floodAt(page: Page, contact: string, beat: number): Promise<void> {
  await page.locator('#contact').selectOption(contact);
  await page.locator('#key').fill('tcpmux');
  await page.locator('#key').press('Enter');
  await page.locator('#end', { hasText: /^no (more )?responses/ }).waitFor();
  await page.locator('#key').blur();
  await goTo(page, beat);
}

/** Stops playback at a beat. */
async function goTo(page: Page, beat: number): Promise<void> {
  const go = `{ const p = document.getElementById('position'); p.value = '${beat}'; p.dispatchEvent(new Event('input')); }`;
  await page.evaluate(go);
  await page.locator('#play', { hasText: 'Play' }).waitFor();
}

async function take(
  browser: Browser,
  { file, words, dark, height, width = WIDTH, part, prepare }: Picture,
): Promise<void> {
  const script = join(__dirname, '..', 'dist', 'lab', 'main.js');
  const lab = startProgram(process.execPath, [script, ...words, '--json'], { tied: true });
  const { http } = await readyEvent<{ http: string }>(lab, 'the lab');
  const options = { viewport: { width, height }, colorScheme: dark ? ('dark' as const) : ('light' as const) };
  const { page } = await openPage(browser, http, options);
  await prepare(page);
  const path = join(FOLDER, file);
  await (part === undefined ? page.screenshot({ path }) : page.locator(part).screenshot({ path }));
  await page.close();
  await lab.stop();
  console.log(file);
}

async function main(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const browser = await startBrowser();
  try {
    for (const picture of PICTURES) await take(browser, picture);
  } finally {
    await browser.close();
    await endPrograms();
  }
}

void main();
