/** What the leader of an epoch does with those who follow: whom it takes, what it sends them, when it lets them go. */

import { expect } from 'chai';
import type { Member } from '../../../../store/coordination/coordination';
import type { CoreOptions } from '../../../../store/core';
import type { EpochEnd } from '../../../../store/replication/messages';
import { A, B, C, EMPTY, entriesOf, holding, recordOf, TestReplica } from '../../../support/store/test-replica';

/** One that has nothing. */
const NOTHING = [{ epoch: 0, last: 0 }];

describe('a leader', () => {
  describe('that somebody would follow', () => {
    it('says what the record is, and behind which entry it goes on', () => {
      const leader = new TestReplica().found();
      expect(joins(leader, 1, B)).to.deep.equal(['says lead to 1', 'sends 1 to 1']);
      const [lead, append] = leader.sent;
      expect(lead).to.deep.equal({ type: 'lead', epoch: 1, configuration: recordOf(1, 1, A, A), after: 0 });
      expect(append).to.deep.include({ type: 'append', epoch: 1, lines: linesOf(leader), committed: 1, round: 1 });
      expect(JSON.parse(linesOf(leader)[0]!).op).to.deep.equal(['lead', 'a']);
      expect(leader.core.status.members).to.deep.equal([
        { member: A, acked: 1 },
        { member: B, acked: 0 },
      ]);
    });

    it('looks what the record is when that one knows of a later epoch, and does not take it', () => {
      const leader = new TestReplica().found();
      expect(joins(leader, 1, B, { epoch: 2 })).to.deep.equal(['hangs up 1', 'reads the record']);
      expect(leader.reasons).to.deep.equal(['it knows of a later epoch']);
    });

    it('takes one that knows of its own epoch', () => {
      expect(joins(new TestReplica().found(), 1, B, { epoch: 1 })).to.include('says lead to 1');
    });

    it('does not take one with its own identity', () => {
      const leader = new TestReplica().found();
      expect(joins(leader, 1, { id: 'a', address: 'x:1' })).to.deep.equal(['hangs up 1']);
      expect(leader.reasons).to.deep.equal(['it has our own identity']);
    });

    it('does not bear that it joins twice', () => {
      const leader = new TestReplica().found();
      joins(leader, 1, B);
      expect(joins(leader, 1, B)).to.deep.equal(['hangs up 1']);
      expect(leader.reasons).to.deep.equal(['it joined twice']);
      expect(leader.core.status.members).to.have.length(1);
    });

    it('takes it on its new link when it comes back, and hangs up the one before', () => {
      const leader = new TestReplica().found();
      joins(leader, 1, B);
      expect(joins(leader, 2, B)).to.deep.equal(['hangs up 1', 'says lead to 2', 'sends 1 to 2']);
      expect(leader.reasons).to.deep.equal(['it has come back']);
      // What is still said of the one before is of no consequence.
      expect(leader.when((core) => core.linkDown(1, leader.now))).to.deep.equal([]);
      expect(leader.acknowledge(2)).to.deep.equal(['proposes 2: epoch 1 of a, a+b in sync']);
    });

    it('takes a hundred, and of more only those it knows', () => {
      const leader = new TestReplica().found();
      const member = (i: number): Member => ({ id: `r${i}`, address: `r${i}:1` });
      for (let i = 1; i <= 100; i++) expect(joins(leader, i, member(i))).to.include(`says lead to ${i}`);
      expect(joins(leader, 101, member(101))).to.deep.equal(['hangs up 101']);
      expect(leader.reasons).to.deep.equal(['too many replicas']);
      expect(joins(leader, 102, member(7))).to.include('says lead to 102');
      leader.when((core) => core.linkDown(8, leader.now));
      expect(joins(leader, 103, member(101))).to.include('says lead to 103');
    });
  });

  describe('that hears an acknowledgement', () => {
    it('of another epoch, or on a link that it does not know, goes on as if it had not', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      leader.write(7, 1);
      const { index, sum } = leader.last;
      for (const [link, epoch] of [
        [9, 1],
        [1, 0],
        [1, 2],
      ] as const) {
        const ack = { type: 'ack', epoch, index, sum, round: 1 };
        expect(leader.when((core) => core.receive(link, ack, leader.now))).to.deep.equal([]);
      }
      expect(leader.acknowledge(1)).to.deep.equal(['answers 7 1']);
    });

    it('of what it has not sent, or less than before, hangs up', () => {
      const cases: [what: string, index: number, round: number][] = [
        ['an entry behind the last', 4, 1],
        ['a round that was not begun', 3, 99],
        ['less than before', 1, 1],
      ];
      for (const [what, index, round] of cases) {
        const leader = new TestReplica().found();
        leader.join(1, B);
        leader.write(7, 1);
        leader.write(8, 2);
        leader.acknowledge(1);
        const ack = { type: 'ack', epoch: 1, index, sum: leader.last.sum, round };
        expect(
          leader.when((core) => core.receive(1, ack, leader.now)),
          what,
        ).to.include('hangs up 1');
        expect(leader.reasons, what).to.deep.equal(['it acknowledged what it was not sent']);
      }
    });

    it('of another sum, says so to it and to people', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      leader.acknowledge(1, { ...leader.last, sum: 'f'.repeat(64) });
      expect(leader.reasons).to.deep.equal(['its log differs']);
      expect(leader.sent.at(-1)).to.deep.equal({ type: 'differs', epoch: 1, index: 1 });
      expect(leader.notes.at(-1)).to.equal('the log of b:1 is not ours at entry 1: it is taken out and built anew');
    });
  });

  describe('that changes who is in sync', () => {
    it('says so to all that follow and to people, and not before it is the record', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      joins(leader, 2, C);
      leader.notes = [];
      expect(leader.acknowledge(2)).to.deep.equal(['proposes 3: epoch 1 of a, a+b+c in sync']);
      expect(leader.core.status.inSync).to.deep.equal([A, B]);
      const said = leader.when((core) => core.changed('done', leader.now));
      expect(said).to.deep.equal(['says changed to 1', 'says changed to 2']);
      const changed = { type: 'changed', epoch: 1, configuration: recordOf(3, 1, A, A, B, C) };
      expect(leader.sent.filter(({ type }) => type === 'changed').slice(-2)).to.deep.equal([changed, changed]);
      expect(leader.core.status.inSync).to.deep.equal([A, B, C]);
      expect(leader.notes).to.deep.equal(['in sync now: a:1, b:1, c:1']);
    });

    it('waits for a while when that was refused, and asks again', () => {
      const leader = new TestReplica().found();
      leader.join(1, B, false);
      leader.when((core) => core.changed('refused', leader.now));
      leader.when((core) => core.recordRead(recordOf(1, 1, A, A), leader.now));
      expect(leader.pass(499).join()).to.not.include('proposes');
      expect(leader.pass(1)).to.include('proposes 2: epoch 1 of a, a+b in sync');
    });

    it('goes by a new address of who is in sync', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      leader.when((core) => core.linkDown(1, leader.now));
      leader.when((core) => core.changed('done', leader.now));
      expect(leader.join(2, B, false)).to.include('proposes 4: epoch 1 of a, a+b in sync');
      leader.when((core) => core.changed('done', leader.now));
      const moved = { id: 'b', address: 'elsewhere:1' };
      joins(leader, 3, moved, { ends: [{ epoch: 1, last: leader.last.index }] });
      leader.when((core) => core.changed('done', leader.now));
      expect(leader.core.status.inSync).to.deep.equal([A, moved]);
    });

    it('tells as missing what is behind the last that the other acknowledged, its link gone or not', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      leader.write(7, 1);
      leader.acknowledge(1);
      leader.write(8, 2);
      leader.write(9, 3);
      leader.comparisons = [];
      leader.when((core) => core.linkDown(1, leader.now));
      leader.when((core) => core.changed('done', leader.now));
      expect(leader.comparisons).to.deep.equal(['b:1 missing 3-4']);
    });

    it('remembers what one acknowledged while another goes', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      leader.join(2, C);
      for (const link of [2, 1]) {
        leader.when((core) => core.linkDown(link, leader.now));
        leader.when((core) => core.changed('done', leader.now));
      }
      const missing = leader.comparisons.filter((found) => found.includes('missing'));
      expect(missing).to.deep.equal(['c:1 missing 2-1', 'b:1 missing 2-1']);
    });

    it('concludes nothing from what becomes of that when another leads', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      leader.when((core) => core.linkDown(1, leader.now));
      leader.comparisons = [];
      leader.when((core) => core.record(recordOf(4, 2, C, B, C), leader.now));
      expect(leader.when((core) => core.changed('done', leader.now))).to.deep.equal([]);
      expect([leader.comparisons, leader.core.status.inSync]).to.deep.equal([[], [B, C]]);
    });

    it('adds nobody who has confirmed no round', () => {
      const leader = new TestReplica().found();
      joins(leader, 1, B);
      const { index, sum } = leader.last;
      const ack = { type: 'ack', epoch: 1, index, sum, round: 0 };
      expect(leader.when((core) => core.receive(1, ack, leader.now))).to.deep.equal([]);
      expect(leader.acknowledge(1)).to.deep.equal(['proposes 2: epoch 1 of a, a+b in sync']);
    });

    it('lets one that is in sync go at once when it comes back without what was committed', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      leader.write(7, 1);
      leader.acknowledge(1);
      expect(joins(leader, 2, B)).to.include('proposes 3: epoch 1 of a, a in sync');
      const said = leader.when((core) => core.changed('done', leader.now));
      expect(said).to.deep.equal(['says changed to 2']);
      expect(leader.acknowledge(2)).to.deep.equal(['proposes 4: epoch 1 of a, a+b in sync']);
    });
  });

  it('lets one go that came back without what was committed, also when it could not propose that at once', () => {
    const leader = new TestReplica().found();
    leader.join(1, B);
    leader.write(7, 1);
    leader.acknowledge(1);
    leader.when((core) => core.receive(9, { type: 'stale', epoch: 7 }, leader.now));
    expect(joins(leader, 2, B).join()).to.not.include('proposes');
    const said = leader.when((core) => core.recordRead(recordOf(2, 1, A, A, B), leader.now));
    expect(said).to.deep.equal(['proposes 3: epoch 1 of a, a in sync']);
  });

  describe('that was in sync when the leader before it went', () => {
    const entries = entriesOf(1, [1, 2, 3]);

    /** It leads epoch 2 with c, which has not come yet. */
    function takenOver(options: Partial<CoreOptions> = {}): TestReplica {
      const leader = new TestReplica(holding(entries, 1), options);
      leader.when((core) => core.session(true, leader.now));
      leader.when((core) => core.alive([A, C], leader.now));
      leader.when((core) => core.record(recordOf(2, 1, B, B, A, C), leader.now));
      leader.when((core) => core.changed('done', leader.now));
      leader.heard();
      expect(leader.core.status).to.deep.include({ role: 'leader', epoch: 2, inSync: [A, C] });
      return leader;
    }

    it('gives the others the time to come that a follower has to acknowledge', () => {
      const leader = takenOver();
      expect(leader.pass(1999).join()).to.not.include('proposes');
      expect(leader.pass(1)).to.include('proposes 4: epoch 2 of a, a in sync');
    });

    it('commits nothing without them, though one has come and gone', () => {
      const leader = takenOver();
      joins(leader, 1, C, { ends: [{ epoch: 1, last: 3 }] });
      expect(leader.when((core) => core.linkDown(1, leader.now))).to.deep.equal([
        'proposes 4: epoch 2 of a, a in sync',
      ]);
      expect(leader.core.status.position).to.equal(0);
      leader.when((core) => core.changed('done', leader.now));
      expect(leader.core.status.position).to.equal(4);
    });

    it('serves nobody before all that is in its log is committed', () => {
      const leader = takenOver();
      expect(leader.write(7, 4)).to.deep.equal([]);
      expect(leader.read(8)).to.deep.equal([]);
      expect(leader.core.status).to.deep.include({ position: 0 });
      const ends = [{ epoch: 1, last: 3 }];
      expect(joins(leader, 1, C, { ends })).to.deep.equal(['says lead to 1', 'sends 1 to 1']);
      expect(leader.acknowledge(1)).to.deep.equal(['writes 5', 'sends 1 to 1']);
      expect(leader.notes.at(-1)).to.equal('leads epoch 2 from entry 4 on');
      expect(leader.acknowledge(1)).to.deep.equal(['answers 7 4', 'answers 8 [1,2,3,4]']);
      leader.write(9, 5);
      leader.acknowledge(1);
      expect(leader.notes.filter((note) => note.startsWith('leads epoch'))).to.have.length(1);
    });

    it('answers no read before that either, though all have confirmed that it leads', () => {
      const leader = takenOver();
      joins(leader, 1, C, { ends: [{ epoch: 1, last: 3 }] });
      leader.read(8);
      const { sum } = entries[2]!;
      const flushedNothing = { type: 'ack', epoch: 2, index: 3, sum };
      for (let round = 1; round <= 3; round++) {
        leader.pass(500);
        const told = leader.sent.filter((message) => message.type === 'append').at(-1)!.round;
        const heard = { ...flushedNothing, round: told };
        expect(leader.when((core) => core.receive(1, heard, leader.now)).join()).to.not.include('answers');
      }
      expect(leader.acknowledge(1)).to.include('answers 8 [1,2,3]');
    });

    it('does a request once that came twice before it served', () => {
      const leader = takenOver();
      leader.write(7, 4, 'same');
      leader.write(8, 4, 'same');
      joins(leader, 1, C, { ends: [{ epoch: 1, last: 3 }] });
      expect(leader.acknowledge(1)).to.include('writes 5');
      expect(leader.acknowledge(1)).to.deep.equal(['answers 7 4', 'answers 8 4']);
    });

    it('does nothing for who no longer waits when it serves', () => {
      const leader = takenOver({ requestMs: 300 });
      leader.write(7, 4);
      expect(leader.pass(300)).to.include('does not know about 7: not confirmed within 0.3 s');
      joins(leader, 1, C, { ends: [{ epoch: 1, last: 3 }] });
      expect(leader.acknowledge(1).join()).to.not.include('writes');
    });

    it('tells those who wait, when it resigns before it served, who leads', () => {
      const leader = takenOver();
      leader.write(7, 4);
      leader.read(8);
      const said = leader.when((core) => core.record(recordOf(4, 3, C, B, C), leader.now));
      expect(said).to.include.members(['tells 7 to ask c:1', 'tells 8 to ask c:1']);
      expect(leader.notes).to.include('leads epoch 2 no longer');
    });
  });

  describe('that lets followers go', () => {
    it('takes out who is in sync and silent for as long as it has to acknowledge, and says why', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      expect(leader.pass(1999)).to.not.include('hangs up 1');
      expect(leader.pass(1)).to.include('hangs up 1');
      expect(leader.reasons).to.deep.equal(['it does not acknowledge in time']);
    });

    it('does so at that time, between heartbeats too', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      leader.pass(100);
      leader.acknowledge(1);
      expect(leader.pass(1999)).to.not.include('hangs up 1');
      expect(leader.pass(1)).to.include('hangs up 1');
    });

    it('bears the silence of others longer: nobody waits for them', () => {
      const leader = new TestReplica().found();
      joins(leader, 1, B);
      for (let i = 0; i < 29; i++) expect(leader.pass(1000)).to.not.include('hangs up 1');
      expect(leader.pass(1000)).to.include('hangs up 1');
    });

    it('hangs up on all of them when another leads', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      joins(leader, 2, C);
      const said = leader.when((core) => core.record(recordOf(3, 2, B, B), leader.now));
      expect(said).to.include.members(['hangs up 1', 'hangs up 2']);
      expect(leader.reasons).to.deep.equal(Array(2).fill('this replica leads no longer'));
    });
  });

  describe('that is asked', () => {
    it('begins one round for all reads that wait, and the next when that is confirmed', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      const round = (): number => Math.max(...leader.sent.map((said) => (said.type === 'append' ? said.round : 0)));
      const before = round();
      leader.read(7);
      expect(round()).to.equal(before + 1);
      leader.read(8);
      leader.read(9);
      expect(round()).to.equal(before + 1);
      expect(leader.acknowledge(1)).to.deep.equal(['answers 7 []']);
      expect(round()).to.equal(before + 2);
      expect(leader.acknowledge(1)).to.deep.equal(['answers 8 []', 'answers 9 []']);
    });

    it('answers none while one that must confirm is gone, before that is out of the record', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      leader.when((core) => core.linkDown(1, leader.now));
      expect(leader.read(7)).to.deep.equal([]);
      expect(leader.when((core) => core.changed('done', leader.now))).to.deep.equal(['answers 7 []']);
    });

    it('goes on with its heartbeats while it is asked', () => {
      const leader = new TestReplica().found();
      leader.pass(500);
      leader.pass(400);
      leader.read(7);
      expect(leader.wakesInMs).to.equal(100);
    });

    it('answers a read that names a position when that is applied', () => {
      const leader = new TestReplica().found();
      expect(leader.read(7, 3)).to.deep.equal([]);
      leader.write(8, 1);
      expect(leader.write(9, 2)).to.include('answers 7 [1,2]');
    });

    it('answers no read whose deadline has come', () => {
      const leader = new TestReplica(EMPTY, { requestMs: 300 }).found();
      leader.join(1, B);
      leader.read(7);
      expect(leader.pass(300)).to.deep.equal(['does not know about 7: not confirmed within 0.3 s']);
      expect(leader.acknowledge(1)).to.deep.equal([]);
    });

    it('says of how many replicas too few are in sync, for who would wait for them', () => {
      const leader = new TestReplica(EMPTY, { minInSync: 3 }).found();
      leader.join(1, B);
      expect(leader.write(7, 1)).to.deep.equal(['refuses 7: too few replicas are in sync: 2 of 3']);
    });
  });
});

/** One dials and would follow, and has what `ends` says. */
function joins(
  leader: TestReplica,
  link: number,
  member: Member,
  { epoch = 0, ends = NOTHING }: { epoch?: number; ends?: readonly EpochEnd[] } = {},
): string[] {
  return leader.when((core) => core.receive(link, { type: 'join', epoch, member, ends }, leader.now));
}

function linesOf(leader: TestReplica): string[] {
  return leader.writes.flatMap((write) => (write.kind === 'append' ? write.entries.map(({ line }) => line) : []));
}
