/** Debian's Chromium, driven by Playwright: a page that notes everything it complains of. */

import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';
/** How long what is awaited may take: a busy machine is slow, and nothing here measures speed. */
const AWAIT_MS = 60_000;

/** Speaks to loopback alone, and keeps nothing. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Why there is no browser here; undefined where there is one. */
export function missingBrowser(): string | undefined {
  return existsSync(CHROMIUM) ? undefined : `no ${CHROMIUM}: apt-get install chromium`;
}

/** Starts the browser. Whoever starts it closes it. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS, timeout: AWAIT_MS });
}

/** A page, and what it complained of so far. */
export interface WatchedPage {
  page: Page;
  complaints: string[];
}

/** Opens a page that awaits things for long, and notes errors, warnings and refusals of its own policy. */
export async function openPage(
  browser: Browser,
  address: string,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<WatchedPage> {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(AWAIT_MS);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() !== 'log') complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(`http://${address}/`);
  return { page, complaints };
}

/** Rules of accessibility that the page breaks, by axe. */
export async function brokenRules(page: Page): Promise<string[]> {
  // Through the debugger: the page's own policy allows no script that it does not bring.
  await page.evaluate(axeSource());
  const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>('axe.run()');
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

function axeSource(): string {
  return (require('axe-core') as { source: string }).source;
}
