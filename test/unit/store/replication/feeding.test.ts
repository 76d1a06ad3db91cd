/** What a leader sends its followers: entries from memory or the journal, a snapshot, and what is committed. */

import { expect } from 'chai';
import type { Entry } from '../../../../store/entry';
import type { Append, PeerMessage, SnapshotLines } from '../../../../store/replication/messages';
import { A, B, C, EMPTY, recordOf, TestReplica } from '../../../support/store/test-replica';

const MIB = 1024 * 1024;

describe('a leader sends a follower', () => {
  describe('entries', () => {
    it('in messages of at most half a mebibyte, and one at least', () => {
      const leader = new TestReplica().found();
      const small = (token: number): string[] => leader.write(token, 1);
      const large = (token: number, length: number): string[] =>
        leader.when((core) => core.write(token, ['append', 'list', 'x'.repeat(length)], undefined, leader.now));
      const overhead = entriesOf(leader)[0]!.line.length + 60;
      large(1, MIB);
      large(2, MIB / 4 - overhead);
      large(3, MIB / 4 - overhead);
      small(4);
      large(5, MIB / 4);
      large(6, MIB / 4);
      joins(leader, 1);
      expect(appends(leader).map(({ lines }) => lines.length)).to.deep.equal([1, 1, 2, 2, 1]);
      expect(appends(leader).flatMap(({ lines }) => lines)).to.deep.equal(entriesOf(leader).map(({ line }) => line));
    });

    it('in sixteen messages, and the next when one is acknowledged', () => {
      const leader = new TestReplica().found();
      joins(leader, 1);
      for (let token = 1; token <= 20; token++) leader.write(token, 1);
      expect(appends(leader).flatMap(({ lines }) => lines)).to.have.length(16);
      const said = leader.acknowledge(1, entriesOf(leader)[1]);
      expect(said.filter((what) => what.startsWith('sends'))).to.deep.equal(['sends 5 to 1']);
    });

    it('from the journal, asked for once, where they are in memory no more', () => {
      const { leader, entries } = withLongLog();
      expect(joins(leader, 1)).to.deep.equal(['says lead to 1', 'reads its log from 1 for 1']);
      expect(leader.pass(600).join()).to.not.include('reads its log');
      // Of another link it was not asked for.
      expect(leader.when((core) => core.logRead(9, entries, leader.now))).to.deep.equal([]);
      const said = leader.when((core) => core.logRead(1, entries.slice(0, 2), leader.now));
      // What does not go into one message is asked for again.
      expect(said).to.deep.equal(['sends 1 to 1', 'reads its log from 2 for 1']);
      const next = leader.when((core) => core.logRead(1, entries.slice(1, 3), leader.now));
      expect(next).to.deep.equal(['sends 1 to 1', 'reads its log from 3 for 1']);
    });

    it('but a snapshot where the journal cannot be read, and tells people', () => {
      const { leader } = withLongLog();
      joins(leader, 1);
      expect(leader.when((core) => core.logRead(1, [], leader.now))).to.include('says snapshot to 1');
      expect(leader.notes.at(-1)).to.equal('entry 1 cannot be read from the log: b:1 gets a snapshot');
    });

    it('or none where the journal gave others than it was asked for', () => {
      const { leader, entries } = withLongLog();
      joins(leader, 1);
      const said = leader.when((core) => core.logRead(1, entries.slice(1, 2), leader.now));
      expect(said).to.include('says snapshot to 1').and.not.include('sends 1 to 1');
    });
  });

  describe('what is committed', () => {
    const told = (leader: TestReplica): number => appends(leader).at(-1)!.committed;

    it('a moment later, if nothing else is to be said until then', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      leader.write(7, 1);
      leader.acknowledge(1);
      expect([told(leader), leader.wakesInMs]).to.deep.equal([1, 5]);
      leader.pass(4);
      expect(told(leader)).to.equal(1);
      leader.pass(1);
      expect(told(leader)).to.equal(2);
      const { length } = leader.sent;
      leader.pass(5);
      leader.when(() => {});
      expect(leader.sent.length).to.equal(length);
    });

    it('and the state that replicas compare, once', () => {
      const leader = new TestReplica(EMPTY, { hashEvery: 2 }).found();
      leader.join(1, B);
      leader.write(7, 1);
      leader.acknowledge(1);
      const hashes = (): unknown[] => appends(leader).flatMap(({ hash }) => (hash ? [hash] : []));
      expect(hashes()).to.deep.equal([{ index: 2, hash: leader.machine.hash() }]);
      leader.write(8, 2);
      leader.acknowledge(1);
      leader.pass(10);
      expect(hashes()).to.have.length(1);
    });
  });

  describe('a snapshot', () => {
    /** Its log begins behind entry 8 of 13, and what it holds takes seven messages. */
    function withShortLog(): TestReplica {
      const leader = new TestReplica(EMPTY, { keepEntries: 4 }).found();
      for (let token = 1; token <= 12; token++) leader.write(token, token, `request ${token}`);
      expect(leader.trimmed).to.deep.equal([4, 8]);
      return leader;
    }

    const lines = (leader: TestReplica): SnapshotLines[] => leader.sent.filter((said) => said.type === 'lines');

    it('where its log no longer reaches back to what both have', () => {
      const leader = withShortLog();
      expect(joins(leader, 1).slice(0, 2)).to.deep.equal(['says snapshot to 1', 'says lines to 1']);
      const { index, epoch, timeUs, sum } = leader.last;
      expect(leader.sent[0]).to.deep.equal({
        type: 'snapshot',
        epoch: 1,
        configuration: recordOf(1, 1, A, A),
        position: { index, epoch, timeUs, sum },
        hash: leader.machine.hash(),
      });
    });

    it('in four messages, and the next when one is taken', () => {
      const leader = withShortLog();
      joins(leader, 1);
      expect(lines(leader)).to.have.length(4);
      expect(leader.pass(100)).to.deep.equal([]);
      expect(takes(leader, 1)).to.deep.equal(['says lines to 1']);
      expect(takes(leader, 9)).to.deep.equal([]);
    });

    it('and then what came behind it, and adds who has all that', () => {
      const leader = withShortLog();
      joins(leader, 1);
      leader.write(13, 13);
      for (let i = 0; i < 3; i++) takes(leader, 1);
      expect(takes(leader, 1)).to.deep.equal(['says lines to 1', 'sends 1 to 1']);
      expect(lines(leader).map(({ last }) => last)).to.deep.equal([...Array(7).fill(false), true]);
      expect(lines(leader).at(-1)!.lines).to.deep.equal([]);
      for (let i = 0; i < 5; i++) expect(takes(leader, 1)).to.deep.equal([]);
      expect(leader.acknowledge(1)).to.deep.equal(['proposes 2: epoch 1 of a, a+b in sync']);
    });

    it('to nobody who acknowledges entries meanwhile', () => {
      const leader = withShortLog();
      joins(leader, 1);
      expect(leader.acknowledge(1)).to.deep.equal(['hangs up 1']);
      expect(leader.reasons).to.deep.equal(['it acknowledged what it was not sent']);
    });

    it('to one that is in sync only when it is so no more', () => {
      const leader = withShortLog();
      joins(leader, 1);
      for (let i = 0; i < 8; i++) takes(leader, 1);
      leader.acknowledge(1);
      leader.when((core) => core.changed('done', leader.now));
      const said = joins(leader, 2);
      expect(said).to.deep.equal(['hangs up 1', 'proposes 3: epoch 1 of a, a in sync']);
      expect(leader.when((core) => core.changed('done', leader.now)).slice(0, 2)).to.deep.equal([
        'says changed to 2',
        'says snapshot to 2',
      ]);
    });

    it('as long as it takes them, however slowly', () => {
      const leader = withShortLog();
      joins(leader, 1);
      leader.pass(29_000);
      takes(leader, 1);
      expect(leader.pass(29_000)).to.deep.equal([]);
      expect(leader.pass(1000)).to.include('hangs up 1');
    });

    it('and keeps what comes behind it for as long', () => {
      const leader = withShortLog();
      joins(leader, 1);
      leader.trimmed = [];
      for (let token = 21; token <= 40; token++) leader.write(token, token);
      // Nothing behind entry 13, where the snapshot is, but for the four that are always kept.
      expect(leader.trimmed).to.deep.equal([]);
      leader.when((core) => core.linkDown(1, leader.now));
      leader.write(41, 41);
      expect(leader.trimmed).to.deep.equal([30]);
    });
  });

  it('nothing that it has no need of any more, but what it keeps for those that come back', () => {
    const leader = new TestReplica(EMPTY, { keepEntries: 1 }).found();
    joins(leader, 1);
    leader.acknowledge(1);
    leader.when((core) => core.changed('done', leader.now));
    joins(leader, 2, C);
    for (let token = 1; token <= 20; token++) {
      leader.write(token, token);
      leader.acknowledge(1);
    }
    expect(leader.core.status.position).to.equal(21);
    // The other was sent sixteen messages and has acknowledged none: all it was sent is on its way.
    expect(leader.sent.flatMap((said) => (said.type === 'append' ? said.lines : []))).to.have.length(21 + 16);
    expect(leader.trimmed.at(-1)).to.equal(15);
  });
});

function joins(leader: TestReplica, link: number, member = B): string[] {
  const join = { type: 'join', epoch: 0, member, ends: [{ epoch: 0, last: 0 }] };
  return leader.when((core) => core.receive(link, join, leader.now));
}

function takes(leader: TestReplica, link: number): string[] {
  return leader.when((core) => core.receive(link, { type: 'taken', epoch: 1 }, leader.now));
}

/** It has let go of its oldest entries: more were applied than its memory has room for. */
function withLongLog(): { leader: TestReplica; entries: Entry[] } {
  const leader = new TestReplica().found();
  for (let token = 1; token <= 9; token++) {
    leader.when((core) => core.write(token, ['append', 'list', 'x'.repeat(MIB)], undefined, leader.now));
  }
  return { leader, entries: entriesOf(leader) };
}

function entriesOf(leader: TestReplica): Entry[] {
  return leader.writes.flatMap((write) => (write.kind === 'append' ? write.entries : []));
}

function appends({ sent }: TestReplica): Append[] {
  return sent.filter((said: PeerMessage) => said.type === 'append');
}
