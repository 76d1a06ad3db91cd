/** The page of a store in a real browser, before real replicas. Skips itself where there is no Chromium. */

import { expect } from 'chai';
import type { Browser, Locator, Page } from 'playwright-core';
import { type Command, endAllCommands, start } from '../support/commands';
import { brokenRules, missingBrowser, openPage, startBrowser } from '../support/lab/browser';

describe('the page of a store', function () {
  this.timeout(240_000);
  let lab: Command | undefined;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  before(async function () {
    const missing = missingBrowser();
    if (missing) {
      console.log(`      ${missing}`);
      this.skip();
    }
    lab = start('lab', ['store', '--json']);
    const { http } = JSON.parse((await lab.line())!) as { http: string };
    browser = await startBrowser();
    ({ page, complaints } = await openPage(browser, http));
  });
  after(async () => {
    await browser?.close();
    // Told to end, it takes its replicas' files away.
    await lab?.stop();
    await endAllCommands();
    expect(complaints ?? []).to.deep.equal([]);
  });

  const row = (name: string): Locator => page.locator(`tr[data-replica=${name}]`);
  const roleOf = (role: string): Locator => page.locator(`tr[data-role=${role}]`);
  const leaderNow = async (): Promise<string> => {
    await roleOf('leader').first().waitFor();
    return (await roleOf('leader').first().getAttribute('data-replica'))!;
  };
  const inSync = (name: string, is: boolean): Promise<void> =>
    row(name)
      .locator('td:nth-of-type(5)', { hasText: is ? 'yes' : 'no' })
      .waitFor();
  const press = async (name: string, what: string): Promise<void> => {
    const button = page.locator(`[data-what="${what} ${name}"]:enabled`);
    await button.focus();
    await page.keyboard.press('Enter');
  };
  const insert = async (text: string): Promise<void> => {
    await page.locator('#inserted').evaluate((element) => (element.textContent = ''));
    await page.locator('#insert').fill(JSON.stringify({ text }));
    await page.locator('#insert').press('Enter');
    await page.locator('#inserted', { hasText: 'Acknowledged' }).waitFor();
  };
  const allThere = (count: number): Promise<void> =>
    page.locator('#check', { hasText: new RegExp(`^${count} acknowledged: all there`) }).waitFor();

  it('shows three replicas in sync, and a document on its way into all of their logs', async () => {
    await leaderNow();
    for (const name of ['r1', 'r2', 'r3']) await inSync(name, true);
    await insert('<b>hello</b>');
    for (const name of ['r1', 'r2', 'r3']) {
      await page.getByLabel(`Last lines of the log of ${name}`).getByText('<b>hello</b>').waitFor();
    }
    await page.locator('#events', { hasText: 'is on disk here' }).waitFor();
    await page.locator('#caption', { hasText: /^Entry \d+: / }).waitFor();
    await page.locator('#search').press('Enter');
    await page.locator('#found', { hasText: '<b>hello</b>' }).waitFor();
    await allThere(1);
  });

  it('keeps the rules of accessibility', async () => {
    expect(await brokenRules(page)).to.deep.equal([]);
  });

  it('shows a killed leader replaced, what was acknowledged all there, and the old one come back', async () => {
    const old = await leaderNow();
    await press(old, 'kill');
    await page.locator(`tr[data-role=leader]:not([data-replica=${old}])`).waitFor();
    await insert('after the takeover');
    await allThere(2);
    await press(old, 'start');
    await inSync(old, true);
  });

  it('shows a follower that is paused leave the replicas in sync, and join them again when it wakes', async () => {
    const leader = await leaderNow();
    const follower = ['r1', 'r2', 'r3'].find((name) => name !== leader)!;
    await press(follower, 'pause');
    await row(follower).getByText('paused').waitFor();
    await insert('while one is paused');
    await inSync(follower, false);
    await press(follower, 'wake');
    await inSync(follower, true);
    await allThere(3);
  });

  it('shows a link that is cut, a replica that is added, and says what it will not take', async () => {
    const leader = await leaderNow();
    const follower = ['r1', 'r2', 'r3'].find((name) => name !== leader)!;
    const [one, other] = [leader, follower].sort();
    await press(other!, `cut ${one}`);
    await page.locator('#links', { hasText: `${one} – ${other}: cut` }).waitFor();
    await insert('while a link is cut');
    await inSync(follower, false);
    await press(other!, `cut ${one}`);
    await inSync(follower, true);
    await page.locator('#add').press('Enter');
    await inSync('r4', true);
    await allThere(4);
    await page.locator('#insert').fill('no document');
    await page.locator('#insert').press('Enter');
    await page.locator('#failure', { hasText: 'expected a JSON object' }).waitFor();
    complaints = complaints.filter((complaint) => !complaint.includes('409'));
  });
});
