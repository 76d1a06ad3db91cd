/** What every coordination service owes the store (specification, section 6), shown with real processes. */

import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import type { Configuration } from '../../../store/coordination/coordination';
import { CoordinationMember, killAllMembers } from './coordination-member';
import { configuration } from './local-member';

/** As short as ZooKeeper's servers are told to grant it in tests. */
export const SESSION_MS = 1500;

/** Makes a version, by one whose session may have lapsed because this machine is busy. */
export async function changed(member: CoordinationMember, version: number): Promise<void> {
  expect(await tried(member, version)).to.deep.equal(configuration(version, member.id));
}

/** The same where another may make that version first. Gives the record there is then. */
async function tried(member: CoordinationMember, version: number): Promise<Configuration | null | string> {
  while ((await member.change(configuration(version, member.id))) !== 'done') {
    if (versionOf(await member.read()) === version) break;
    await member.joined();
  }
  return member.read();
}

function versionOf(record: Configuration | null | string): number {
  return typeof record === 'object' && record ? record.version : 0;
}

/** Declares the tests for a service; `newPlace` gives a folder or a chroot that nobody used before. */
export function testCoordination(service: 'local' | 'zookeeper', newPlace: () => string): void {
  let place: string;

  beforeEach(() => {
    place = newPlace();
  });
  afterEach(killAllMembers);

  const join = (id: string): Promise<CoordinationMember> =>
    new CoordinationMember(service, place, id, SESSION_MS).joined();
  const joinAll = (...ids: string[]): Promise<CoordinationMember[]> => Promise.all(ids.map(join));

  it('shows everybody to everybody, and no record at first', async () => {
    const members = await joinAll('a', 'b', 'c');
    for (const member of members) await member.sees('a', 'b', 'c');
    expect(members.map(({ records }) => records)).to.deep.equal([[null], [null], [null]]);
    expect(await members[0]!.read()).to.equal(null);
  });

  it('changes the record only from the version before, and tells everybody', async () => {
    const [a, b] = (await joinAll('a', 'b')) as [CoordinationMember, CoordinationMember];
    expect(await a.change(configuration(2, 'a'))).to.equal('refused');
    await changed(a, 1);
    expect(await b.change(configuration(1, 'b'))).to.equal('refused');
    await changed(b, 2);
    for (const member of [a, b]) {
      await member.toldVersion(2);
      expect(await member.read()).to.deep.equal(configuration(2, 'b'));
    }
  });

  it('lets exactly one of many processes make each version', async () => {
    const racing = await joinAll('a', 'b', 'c', 'd');
    for (let version = 1; version <= 25; version++) {
      const outcomes = await Promise.all(racing.map((member) => member.change(configuration(version, member.id))));
      const winners = racing.filter((_member, index) => outcomes[index] === 'done');
      expect(winners.length, `${outcomes}`).to.be.at.most(1);
      const record = await racing[0]!.read();
      if (winners[0]) expect(record).to.deep.equal(configuration(version, winners[0].id));
      // Everybody's session may have lapsed because this machine is busy.
      else if (typeof record === 'object' && record?.version !== version) version--;
    }
  });

  it('keeps the record when all sessions have ended', async () => {
    const a = await join('a');
    await changed(a, 1);
    await a.close();
    const b = await join('b');
    await b.toldVersion(1);
    expect(b.records).to.deep.equal([configuration(1, 'a')]);
  });

  it('ends the session of one who closes at once, and leaves no handle open', async () => {
    const [a, b] = (await joinAll('a', 'b')) as [CoordinationMember, CoordinationMember];
    await a.sees('a', 'b');
    expect(await b.close()).to.equal(0);
    await a.sees('a');
  });

  it('ends the session of one who is killed', async () => {
    const [a, b] = (await joinAll('a', 'b')) as [CoordinationMember, CoordinationMember];
    await a.sees('a', 'b');
    b.signal('SIGKILL');
    await a.sees('a');
  });

  it('ends the session of one who is paused, who knows it when it goes on, and takes part again', async () => {
    const [a, b] = (await joinAll('a', 'b')) as [CoordinationMember, CoordinationMember];
    await a.sees('a', 'b');
    b.signal('SIGSTOP');
    await a.sees('a');
    await changed(a, 1);
    // Asked while it is paused: it finds the question when it goes on, and may not answer it by what it knew.
    const outcome = b.change(configuration(1, 'b'));
    b.signal('SIGCONT');
    expect(await outcome).to.equal('refused');
    await b.until(() => b.sessions.includes(false), 'its session was lost');
    await b.joined();
    await a.sees('a', 'b');
    await b.toldVersion(1);
    await changed(b, 2);
  });

  it('is not held up by members that are paused while they change the record', async () => {
    const [a, b, c] = (await joinAll('a', 'b', 'c')) as [CoordinationMember, CoordinationMember, CoordinationMember];
    let version = 0;
    for (let round = 0; round < 10; round++) {
      const late = b.change(configuration(version + 1, 'b'));
      if (round % 2 === 0) await c.read();
      b.signal('SIGSTOP');
      let before: Configuration | null | string;
      let record: Configuration | null | string;
      do {
        before = await a.read();
        version = versionOf(before) + 1;
        record = await tried(a, version);
        // What b handed to the system, or to the service, before it was paused may be done until now, but then no more.
      } while (!isDeepStrictEqual(record, configuration(version, 'a')));
      b.signal('SIGCONT');
      // Done before it was paused, or never.
      if ((await late) === 'done') expect(before).to.deep.equal(configuration(version - 1, 'b'));
      expect(await a.read()).to.deep.equal(record);
      await b.joined();
    }
  });
}
