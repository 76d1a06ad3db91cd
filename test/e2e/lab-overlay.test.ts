/** The page of an overlay in a real browser, before the real servents. Skips itself where there is no Chromium. */

import { request } from 'node:http';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { endAllCommands, runToEnd, start } from '../support/commands';
import { brokenRules, missingBrowser, openPage, startBrowser, type WatchedPage } from '../support/lab/browser';

const MARKUP = '<img/src=x/onerror="document.title=1">';

describe('the page of an overlay', function () {
  this.timeout(180_000);
  let browser: Browser;
  let lab: { http: string; servent: string };
  let watched: WatchedPage;
  let page: Page;

  before(async function () {
    const missing = missingBrowser();
    if (missing) {
      console.log(`      ${missing}`);
      this.skip();
    }
    const program = start('lab', ['line', '--json']);
    lab = JSON.parse((await program.line())!);
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await endAllCommands();
  });
  beforeEach(async () => {
    watched = await openPage(browser, lab.http);
    page = watched.page;
    await page.locator('.servent').nth(4).waitFor();
  });
  afterEach(async () => {
    const complaints = watched?.complaints ?? [];
    await page?.close();
    expect(complaints).to.deep.equal([]);
  });

  /** Asks in the page, and gives the values once so many have come: a busy machine is slow. */
  const ask = async (key: string, count: number, contact = 's1'): Promise<string[]> => {
    await page.locator('#key').fill(key);
    await page.locator('#contact').selectOption(contact);
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    return answersTo(key, count);
  };
  const answersTo = async (key: string, count: number): Promise<string[]> => {
    await page.locator('#asked', { hasText: `“${key}”` }).waitFor();
    await page.locator(`#answers li:nth-child(${count})`).waitFor();
    return page.locator('#answers .value').allTextContents();
  };
  /** All datagrams of the question are known. */
  const events = (count: number): Promise<void> => page.locator(`#events li:nth-child(${count})`).waitFor();

  it('gets the answers that the client gets', async () => {
    const { out } = await runToEnd('client', [lab.servent, 'tcpmux', '--count', '3', '--json']);
    const printed = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const values = printed.filter(({ event }) => event === 'answer').map(({ value }) => value);
    expect(values).to.have.length(3);
    expect((await ask('tcpmux', 3)).sort()).to.deep.equal(values.sort());
    await page.locator('#totals', { hasText: '4 of 5 servents heard, 3 answered. 3 QUERYs were sent' }).waitFor();
  });

  it('shows what somebody else asks', async () => {
    await runToEnd('client', [lab.servent, 'echo', '--first']);
    await page.locator('#asked', { hasText: 'Somebody else asked: “echo” asked at s1' }).waitFor();
  });

  it('steps through a flood hop by hop, each servent as it hears', async () => {
    await ask('tcpmux', 3);
    await events(7);
    await page.getByRole('button', { name: 'From the beginning' }).click();
    expect(await page.locator('.servent.heard, .servent.contact').count()).to.equal(0);
    for (const heard of [1, 2, 3, 4]) {
      await page.getByRole('button', { name: 'One hop on' }).click();
      await page.locator('#caption', { hasText: `${heard} heard` }).waitFor();
      expect(await page.locator('.servent.heard, .servent.contact').count()).to.equal(heard);
    }
  });

  it('can all be done by keyboard: asking, choosing a servent, taking it down, which answers no more', async () => {
    const until = async (where: string): Promise<void> => {
      for (let presses = 0; presses < 60; presses++) {
        if (await page.evaluate(`document.activeElement?.matches(${JSON.stringify(where)})`)) return;
        await page.keyboard.press('Tab');
      }
      throw new Error(`Tab never comes to ${where}`);
    };
    await until('#key');
    await page.keyboard.type('tcpmux');
    await page.keyboard.press('Enter');
    await answersTo('tcpmux', 3);
    await until('.servent');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.locator('#inspector-title', { hasText: 'Servent s2' }).waitFor();
    await until('[data-what=up]');
    await page.keyboard.press('Enter');
    await page.locator('.servent.down').waitFor();
    await ask('tcpmux', 1);
    await page.locator('#end', { hasText: 'no more responses (1 in' }).waitFor();
    await until('[data-what=up]');
    await page.keyboard.press('Enter');
    await page.locator('[data-what=up]', { hasText: 'Take down' }).waitFor();
    await ask('tcpmux', 3);
  });

  it('shows a key and a value made of markup as text', async () => {
    await page.locator('.servent').first().click();
    const form = page.locator('#inspected form');
    await form.getByLabel('Key').fill(MARKUP);
    await form.getByLabel('Value').fill(MARKUP);
    await form.getByRole('button', { name: 'Set' }).click();
    await page.locator('#notes', { hasText: 's1 holds another value' }).waitFor();
    expect(await ask(MARKUP, 1)).to.deep.equal([MARKUP]);
    expect(await page.locator('#questions strong').first().textContent()).to.equal(MARKUP);
    expect([await page.title(), await page.locator('img').count()]).to.deep.equal(['Servent lab', 0]);
  });

  it('keeps the rules of accessibility, light and dark, wide and narrow', async () => {
    await ask('tcpmux', 3);
    await page.locator('.servent').first().click();
    await page.locator('#inspected table').first().waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await brokenRules(page)).to.deep.equal([]);
    }
    await page.setViewportSize({ width: 390, height: 800 });
    expect(await brokenRules(page)).to.deep.equal([]);
    const wider = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    expect(wider).to.be.at.most(0);
  });

  it('exports the picture and the trace', async () => {
    await ask('tcpmux', 3);
    await events(7);
    const saved = async (name: string): Promise<Buffer> => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.locator('.row').getByText(name).click(),
      ]);
      const chunks: Buffer[] = [];
      for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    };
    expect((await saved('Picture (SVG)')).toString()).to.match(/^<svg .*<circle .*>s5 <.*<\/svg>$/s);
    expect((await saved('Trace (JSON lines)')).toString().trimEnd().split('\n')).to.have.length(7);
    expect((await saved('Trace (pcap)')).readUInt32LE(0)).to.equal(0xa1b2c3d4);
  });

  it('gives way to a large overlay in virtual time', async () => {
    await page.locator('#overlay').selectOption('ring');
    await page.locator('#servents').fill('40');
    await page.locator('#ground').selectOption('virtual');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.locator('#headline', { hasText: 'ring: 40 servents, in virtual time' }).waitFor();
    await ask('tcpmux', 1, 's3');
    expect(await page.locator('.servent').count()).to.equal(40);
  });

  it('is refused to pages of other sites, and under names that are not its own', async () => {
    const status = (headers: Record<string, string>): Promise<number> =>
      new Promise((done, fail) => {
        const [host, port] = lab.http.split(':');
        const asked = request({ host, port, path: '/events', headers }, (reply) => {
          done(reply.statusCode!);
          reply.destroy();
        });
        asked.on('error', fail).end();
      });
    expect(await status({})).to.equal(200);
    expect(await status({ origin: 'http://elsewhere.example' })).to.equal(403);
    expect(await status({ host: 'rebound.example' })).to.equal(421);
  });
});
