/** Coordination through a shared folder, in virtual time and with files in memory that stop, fail and rot. */

import { expect } from 'chai';
import { configuration, LocalMember, SESSION_MS } from '../../../support/store/local-member';
import { failure, MemoryFiles } from '../../../support/store/memory-files';
import { VirtualClock } from '../../../support/store/virtual-clock';

const RECORD = '/store/record';

describe('the local coordination', () => {
  let clock: VirtualClock;
  let files: MemoryFiles;
  let members: LocalMember[];

  beforeEach(() => {
    clock = new VirtualClock();
    files = new MemoryFiles();
    members = [];
  });

  async function join(id: string, boot?: string): Promise<LocalMember> {
    const member = await new LocalMember(id).open(files, clock, boot);
    members.push(member);
    await clock.pass(0);
    return member;
  }

  /** So that all have looked since. */
  const lookAround = (): Promise<void> => clock.pass(SESSION_MS / 4);

  /** Changes from version `from` on, one after the other, by one member. */
  async function changeUpTo(member: LocalMember, from: number, to: number): Promise<void> {
    for (let version = from; version <= to; version++) {
      expect(await member.coordination.change(configuration(version, member.member.id))).to.equal('done');
    }
  }

  describe('the session', () => {
    it('is held from the first lease on, and everybody sees everybody', async () => {
      const [a, b] = [await join('a'), await join('b')];
      expect([a.sessions, b.sessions]).to.deep.equal([[true], [true]]);
      expect([a.alive, b.alive]).to.deep.equal([
        ['a', 'b'],
        ['a', 'b'],
      ]);
      await clock.pass(100 * SESSION_MS);
      expect([a.sessions, b.sessions]).to.deep.equal([[true], [true]]);
    });

    it('of one who is stopped lapses for others in the session time, and for it as soon as it goes on', async () => {
      const [a, b] = [await join('a'), await join('b')];
      b.stop();
      await clock.pass(SESSION_MS - 1);
      expect(a.alive).to.deep.equal(['a', 'b']);
      await clock.pass(1);
      expect(a.alive).to.deep.equal(['a']);
      b.goOn();
      await clock.pass(0);
      expect(b.sessions).to.deep.equal([true, false, true]);
      expect(a.alive).to.deep.equal(['a', 'b']);
    });

    it('that has lapsed refuses changes, before anything was told', async () => {
      const b = await join('b');
      b.hook = (step) => (step === 'write' ? new Promise(() => {}) : undefined);
      await clock.pass(SESSION_MS - 1);
      expect(await b.coordination.change(configuration(1))).to.equal('done');
      await clock.pass(1);
      expect(await b.coordination.change(configuration(2))).to.equal('refused');
      expect(b.sessions).to.deep.equal([true, false]);
    });

    it('runs from before its lease was written, however long that took', async () => {
      const b = await join('b');
      let written = (): void => {};
      b.hook = (step) => {
        return step === 'write' ? new Promise((resolve) => (written = resolve)) : undefined;
      };
      await clock.pass(SESSION_MS / 4);
      await clock.pass(SESSION_MS / 2);
      written();
      await clock.pass(SESSION_MS / 2 - 1);
      expect(b.held).to.equal(true);
      await clock.pass(1);
      expect(b.held).to.equal(false);
    });

    it('ends for others at once when it is closed', async () => {
      const [a, b] = [await join('a'), await join('b')];
      await b.coordination.close();
      await clock.pass(0);
      expect(a.alive).to.deep.equal(['a']);
      expect(files.names('/store/members')).to.deep.equal(['a.json']);
    });

    it('of a machine that was started again is stale, whatever its clock says', async () => {
      const a = await join('a', 'boot-1');
      a.stop();
      const b = await join('b', 'boot-2');
      expect(b.alive).to.deep.equal(['b']);
    });

    it('whose lease comes from the future does not hold: a clock began anew', async () => {
      const a = await join('a');
      files.set(
        '/store/members/z.json',
        files
          .get('/store/members/a.json')
          .replace('"a"', '"z"')
          .replace(/"atMs":\d/, '"atMs":9'),
      );
      await lookAround();
      expect(a.alive).to.deep.equal(['a']);
      expect(a.notices).to.deep.equal([]);
    });

    it('is lost while leases cannot be written, which is said once, and won back', async () => {
      const b = await join('b');
      b.hook = (step) => {
        if (step === 'write') throw failure('ENOSPC');
      };
      await clock.pass(5 * SESSION_MS);
      expect(b.sessions).to.deep.equal([true, false]);
      expect(b.notices).to.deep.equal(['cannot write /store/members/b.json: ENOSPC']);
      b.hook = () => {};
      await lookAround();
      expect(b.sessions).to.deep.equal([true, false, true]);
    });

    it('survives a damaged lease of another, and names it once', async () => {
      const [a, b] = [await join('a'), await join('b')];
      b.stop();
      for (const damaged of [
        '',
        '{',
        '[]',
        'null',
        '{"id":"b","address":"x","boot":"boot-1","atMs":0,"sessionMs":1e99}',
      ]) {
        files.set('/store/members/b.json', damaged);
        await lookAround();
        expect(a.alive, damaged).to.deep.equal(['a']);
      }
      expect(a.notices).to.deep.equal([
        'expected a lease in /store/members/b.json, got a damaged file: its holder counts as gone',
      ]);
      b.goOn();
      await lookAround();
      expect(a.alive).to.deep.equal(['a', 'b']);
    });
  });

  describe('the record', () => {
    it('is none at first, and then what the latest change made it', async () => {
      const [a, b] = [await join('a'), await join('b')];
      expect(await a.coordination.read()).to.equal(undefined);
      expect(await a.coordination.change(configuration(1, 'a'))).to.equal('done');
      expect(await b.coordination.read()).to.deep.equal(configuration(1, 'a'));
      const forced = configuration(2, 'b', { epoch: 7, forced: true });
      expect(await b.coordination.change(forced)).to.equal('done');
      expect(await a.coordination.read()).to.deep.equal(forced);
      await clock.pass(0);
      for (const { records } of [a, b]) expect(records).to.deep.equal([undefined, configuration(1, 'a'), forced]);
    });

    it('changes only from the version before', async () => {
      const a = await join('a');
      for (const version of [0, 2, 3]) {
        expect(await a.coordination.change(configuration(version)), `${version}`).to.equal('refused');
      }
      await changeUpTo(a, 1, 2);
      for (const version of [1, 2, 4]) {
        expect(await a.coordination.change(configuration(version)), `${version}`).to.equal('refused');
      }
      expect(await a.coordination.read()).to.deep.equal(configuration(2, 'a'));
    });

    it('is changed by exactly one of many who try at once', async () => {
      const racing = [await join('a'), await join('b'), await join('c'), await join('d')];
      for (let version = 1; version <= 50; version++) {
        const tries = racing.map(({ coordination, member }) => coordination.change(configuration(version, member.id)));
        const outcomes = await Promise.all(tries);
        expect(outcomes.filter((outcome) => outcome === 'done')).to.have.lengthOf(1);
        expect((await racing[0]!.coordination.read())?.leader).to.equal(racing[outcomes.indexOf('done')]!.member.id);
      }
    });

    it('stays when all sessions end', async () => {
      const a = await join('a');
      await changeUpTo(a, 1, 1);
      await a.coordination.close();
      const b = await join('b');
      expect(b.records).to.deep.equal([configuration(1, 'a')]);
    });

    it('that is damaged is named and never replaced by an older one; a change heals it', async () => {
      const a = await join('a');
      await changeUpTo(a, 1, 2);
      const whole = files.get(`${RECORD}/0000000002.json`);
      const older = files.get(`${RECORD}/0000000001.json`);
      for (const damaged of ['', whole.slice(0, 40), whole.replace('"epoch":1', '"epoch":2'), older, '[]', 'null\n']) {
        files.set(`${RECORD}/0000000002.json`, damaged);
        const error = await a.coordination.read().catch((thrown: Error) => thrown);
        expect(error).to.have.property(
          'message',
          'expected a whole record in /store/record/0000000002.json, got a damaged one',
        );
      }
      await lookAround();
      expect(a.notices).to.have.lengthOf(1);
      await changeUpTo(a, 3, 3);
      expect(await a.coordination.read()).to.deep.equal(configuration(3, 'a'));
    });

    it('is not taken for none when the folder is gone', async () => {
      const a = await join('a');
      await changeUpTo(a, 1, 1);
      files.folders.delete(RECORD);
      const error = await a.coordination.read().catch((thrown: Error) => thrown);
      expect(error).to.have.property('message', 'cannot read /store/record: ENOENT');
      expect(await a.coordination.change(configuration(2))).to.equal('refused');
      await lookAround();
      expect(a.records).to.deep.equal([undefined, configuration(1, 'a')]);
    });
  });

  it('tells the role in the lease, as the record has it', async () => {
    const [a] = [await join('a'), await join('b')];
    await changeUpTo(a, 1, 1);
    await lookAround();
    await lookAround();
    const roles = ['a', 'b'].map((id) => JSON.parse(files.get(`/store/members/${id}.json`)).role);
    expect(roles).to.deep.equal(['leader', 'joining']);
  });

  it('tells nothing, keeps no timer and answers no more once it is closed', async () => {
    const a = await join('a');
    const told = () => [a.records, a.sessions, a.notices].map((list) => list.length);
    const before = told();
    await Promise.all([a.coordination.close(), a.coordination.close()]);
    await clock.pass(SESSION_MS);
    expect(told()).to.deep.equal(before);
    expect(clock.pending).to.equal(0);
    expect(await a.coordination.change(configuration(1))).to.equal('refused');
    const error = await a.coordination.read().catch((thrown: Error) => thrown);
    expect(error).to.have.property('message', 'the coordination is closed');
  });
});
