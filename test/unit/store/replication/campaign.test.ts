/** When a replica tries to lead, what it then proposes, what it makes of the outcome, and what it waits for otherwise. */

import { expect } from 'chai';
import type { Member } from '../../../../store/coordination/coordination';
import { A, B, C, EMPTY, entriesOf, holding, recordOf, TestReplica } from '../../../support/store/test-replica';

const ENTRIES = entriesOf(1, [1, 2, 3]);
const D: Member = { id: 'd', address: 'd:1' };

describe('a replica', () => {
  describe('that may found a store', () => {
    it('does not before it has a session and was told that there is no record', () => {
      const replica = new TestReplica();
      expect(replica.when((core) => core.record(undefined, replica.now))).to.deep.equal([]);
      expect(replica.when((core) => core.session(true, replica.now))).to.include('proposes 1: epoch 1 of a, a in sync');
      const untold = new TestReplica();
      expect(untold.when((core) => core.session(true, untold.now))).to.deep.equal([]);
    });

    it('does not when its folder was damaged: what it had may be all there is', () => {
      const replica = new TestReplica({ ...EMPTY, former: 'x' });
      replica.when((core) => core.session(true, replica.now));
      expect(replica.when((core) => core.record(undefined, replica.now))).to.deep.equal([]);
    });

    it('tries again after a while when that failed and there still is none', () => {
      const replica = new TestReplica();
      replica.when((core) => core.session(true, replica.now));
      replica.when((core) => core.record(undefined, replica.now));
      replica.when((core) => core.changed('refused', replica.now));
      replica.when((core) => core.recordRead(undefined, replica.now));
      expect(replica.pass(499).join()).to.not.include('proposes');
      expect(replica.pass(1)).to.include('proposes 1: epoch 2 of a, a in sync');
    });

    it('proposes nothing while it reads the record', () => {
      const replica = new TestReplica();
      replica.when((core) => core.session(true, replica.now));
      replica.when((core) => core.receive(9, { type: 'stale', epoch: 7 }, replica.now));
      expect(replica.when((core) => core.record(undefined, replica.now))).to.deep.equal([]);
      expect(replica.when((core) => core.recordRead(undefined, replica.now))).to.include(
        'proposes 1: epoch 1 of a, a in sync',
      );
    });

    it('reads the record again after a while when it could not be read', () => {
      const replica = new TestReplica();
      replica.when((core) => core.receive(9, { type: 'stale', epoch: 7 }, replica.now));
      replica.when((core) => core.recordUnreadable(replica.now));
      expect(replica.pass(499)).to.deep.equal([]);
      expect(replica.pass(1)).to.deep.equal(['reads the record']);
    });
  });

  describe('that is in sync, and whose leader has no session', () => {
    it('tries at once to take its place, with all others in sync', () => {
      const replica = inSync({ alive: [A] });
      expect(replica.when((core) => core.record(recordOf(2, 1, B, B, A, C), replica.now))).to.deep.equal([
        'marks epoch 1, tried 2',
        'proposes 3: epoch 2 of a, a+c in sync',
      ]);
      expect(replica.notes).to.deep.equal(['asks for the lead in epoch 2']);
    });

    it('leaves the first turn to those alive that stand before it', () => {
      const replica = inSync({ alive: [A, C] });
      replica.when((core) => core.record(recordOf(2, 1, B, B, C, D, A), replica.now));
      expect(replica.pass(499).join()).to.not.include('proposes');
      expect(replica.pass(1)).to.include('proposes 3: epoch 2 of a, a+c+d in sync');
    });

    it('asks no one behind it', () => {
      const replica = inSync({ alive: [A, C, D] });
      const said = replica.when((core) => core.record(recordOf(2, 1, B, B, A, C, D), replica.now));
      expect(said).to.include('proposes 3: epoch 2 of a, a+c+d in sync');
    });

    it('lets it be when its session is back', () => {
      const replica = inSync({ alive: [A, C] });
      replica.when((core) => core.record(recordOf(2, 1, B, B, C, A), replica.now));
      replica.pass(400);
      replica.when((core) => core.alive([A, B, C], replica.now));
      expect(replica.pass(1000).join()).to.not.include('proposes');
      // Gone once more: its turn comes as long after that as the first time.
      replica.when((core) => core.alive([A, C], replica.now));
      expect(replica.pass(499).join()).to.not.include('proposes');
      expect(replica.pass(1).join()).to.include('proposes 3');
    });

    it('does not while it has no session itself, nor before it knows again who has one', () => {
      const replica = inSync({ alive: [A, C] });
      replica.when((core) => core.record(recordOf(2, 1, B, B, C, A), replica.now));
      replica.when((core) => core.session(false, replica.now));
      expect(replica.pass(1000).join()).to.not.include('proposes');
      replica.when((core) => core.session(true, replica.now));
      expect(replica.pass(1000).join()).to.not.include('proposes');
      replica.when((core) => core.alive([A, C], replica.now));
      expect(replica.pass(499).join()).to.not.include('proposes');
      expect(replica.pass(1).join()).to.include('proposes 3');
    });

    it('does not while it may have acknowledged to a later epoch than the record has', () => {
      const replica = inSync({ alive: [A], epoch: 2 });
      const said = replica.when((core) => core.record(recordOf(2, 1, B, B, A), replica.now));
      expect([...said, ...replica.pass(5000)].join()).to.not.include('proposes');
    });

    it('does not before it has read the record, when it was about to', () => {
      const replica = inSync({ alive: [A, B] });
      const record = recordOf(2, 1, B, B, A);
      replica.when((core) => core.record(record, replica.now));
      replica.when((core) => core.receive(9, { type: 'stale', epoch: 7 }, replica.now));
      expect(replica.when((core) => core.alive([A], replica.now)).join()).to.not.include('proposes');
      const said = replica.when((core) => core.recordRead(record, replica.now));
      expect(said).to.include('proposes 3: epoch 2 of a, a in sync');
    });

    it('tries an epoch above all that it has tried, has heard of, or is recorded', () => {
      const marks = { epoch: 1, tried: 7, known: undefined };
      const replica = new TestReplica({ ...holding(ENTRIES, 1), marks });
      replica.when((core) => core.session(true, replica.now));
      replica.when((core) => core.alive([A], replica.now));
      const said = replica.when((core) => core.record(recordOf(2, 4, B, B, A), replica.now));
      expect(said).to.include('proposes 3: epoch 8 of a, a in sync');
      const later = inSync({ alive: [A] });
      const proposed = later.when((core) => core.record(recordOf(2, 4, B, B, A), later.now));
      expect(proposed).to.include('proposes 3: epoch 5 of a, a in sync');
    });

    it('proposes nothing before it has written down that it tries', () => {
      const replica = inSync({ alive: [A] });
      replica.slowDisk = true;
      const said = replica.when((core) => core.record(recordOf(2, 1, B, B, A), replica.now));
      expect(said).to.deep.equal(['marks epoch 1, tried 2']);
      expect(replica.pass(2000)).to.deep.equal([]);
      replica.flush();
      expect(replica.heard()).to.include('proposes 3: epoch 2 of a, a in sync');
    });

    it('follows nobody while it tries, and says so to whom it reaches', () => {
      const replica = inSync({ alive: [A] });
      replica.when((core) => core.record(recordOf(2, 1, B, B, A), replica.now));
      expect(replica.when((core) => core.linkUp(5, replica.now))).to.deep.equal(['hangs up 5']);
      expect(replica.reasons).to.deep.equal(['this replica no longer wants to follow']);
      const following = inSync({ alive: [A, B] });
      following.when((core) => core.record(recordOf(2, 1, B, B, A), following.now));
      following.when((core) => core.linkUp(5, following.now));
      expect(following.when((core) => core.alive([A], following.now))).to.include('hangs up 5');
      expect(following.reasons).to.deep.equal(['it tries to take over']);
      expect(replica.pass(5000).join()).to.not.include('dials');
    });

    it('follows who was faster, and tries again later if that one goes', () => {
      const replica = inSync({ alive: [A] });
      replica.when((core) => core.record(recordOf(2, 1, B, B, A, C), replica.now));
      replica.when((core) => core.changed('refused', replica.now));
      const said = replica.when((core) => core.recordRead(recordOf(3, 2, C, C, A), replica.now));
      expect(said).to.deep.equal(['marks epoch 2, tried 2', 'dials c:1']);
      expect(replica.core.status).to.deep.include({ role: 'follower', epoch: 2, leader: 'c:1' });
      expect(replica.pass(499).join()).to.not.include('proposes');
      expect(replica.pass(1)).to.include('proposes 4: epoch 3 of a, a in sync');
    });

    it('does not lead when another already leads a later epoch', () => {
      const replica = inSync({ alive: [A] });
      replica.when((core) => core.record(recordOf(2, 1, B, B, A, C), replica.now));
      replica.when((core) => core.record(recordOf(4, 3, C, C, A), replica.now));
      const said = replica.when((core) => core.changed('done', replica.now));
      expect(said).to.deep.equal(['marks epoch 3, tried 2', 'dials c:1']);
      expect(replica.core.status.role).to.equal('follower');
    });
  });

  describe('that leads', () => {
    it('does not follow whom it had dialled before', () => {
      const leader = new TestReplica().found();
      expect(leader.when((core) => core.linkUp(5, leader.now))).to.deep.equal(['hangs up 5']);
    });

    it('takes what is no message for the end of a link', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      expect(leader.when((core) => core.receive(1, {}, leader.now))).to.deep.equal([
        'hangs up 1',
        'proposes 3: epoch 1 of a, a in sync',
      ]);
      expect(leader.reasons).to.deep.equal(['it sends what is no message of a replica']);
    });

    it('does not hear what leaders say', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      const lead = { type: 'lead', epoch: 9, configuration: recordOf(9, 9, B, B), after: 0 };
      expect(leader.when((core) => core.receive(1, lead, leader.now))).to.deep.equal(['hangs up 1']);
      expect(leader.core.status).to.deep.include({ role: 'leader', epoch: 1 });
    });

    it('forgives silence when it was not woken for more than two heartbeats, and not for less', () => {
      for (const [stoppedMs, isForgiven] of [
        [1000, false],
        [1001, true],
      ] as const) {
        const leader = new TestReplica().found();
        leader.join(1, B);
        leader.pass(1500);
        leader.core.settle({ ms: leader.now.ms + stoppedMs, us: leader.now.us });
        expect(leader.reasons.length === 0, String(stoppedMs)).to.equal(isForgiven);
      }
    });

    it('goes on when the record is of its own epoch', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      expect(leader.when((core) => core.record(recordOf(3, 1, A, A, B, C), leader.now))).to.deep.equal([]);
      expect(leader.core.status.role).to.equal('leader');
    });

    it('is woken with every heartbeat, and for the first of those who wait', () => {
      const leader = new TestReplica(EMPTY, { requestMs: 300 }).found();
      leader.pass(500);
      expect(leader.wakesInMs).to.equal(500);
      leader.slowDisk = true;
      leader.write(7, 1);
      expect(leader.wakesInMs).to.equal(300);
    });
  });

  describe('that an operator forces', () => {
    const refusal = (replica: TestReplica): string[] => replica.when((core) => core.force(7, replica.now));

    it('does not before it knows whether there is a record, and says so', () => {
      const reason = 'the coordination service has not said what the record is';
      expect(refusal(new TestReplica())).to.deep.equal([`refuses 7: ${reason}`]);
    });

    it('leads where there is none, alone', () => {
      const replica = new TestReplica(EMPTY, { contact: 'x:1' });
      replica.when((core) => core.record(undefined, replica.now));
      expect(refusal(replica)).to.include('proposes 1: epoch 1 of a, a in sync, forced');
    });

    it('does not while it tries already, or reads the record', () => {
      const reason = 'this replica is asking for the lead already';
      const trying = inSync({ alive: [A] });
      trying.when((core) => core.record(recordOf(2, 1, B, B, A), trying.now));
      expect(refusal(trying)).to.deep.equal([`refuses 7: ${reason}`]);
      const reading = inSync({ alive: [A, B] });
      reading.when((core) => core.record(recordOf(2, 1, B, B, A), reading.now));
      reading.when((core) => core.receive(9, { type: 'stale', epoch: 7 }, reading.now));
      expect(refusal(reading)).to.deep.equal([`refuses 7: ${reason}`]);
    });

    it('says when the record has changed meanwhile', () => {
      const replica = inSync({ alive: [A, B] });
      replica.when((core) => core.record(recordOf(2, 1, B, B), replica.now));
      refusal(replica);
      const said = replica.when((core) => core.changed('refused', replica.now));
      expect(said).to.include('refuses 7: the record has changed meanwhile: look, and force again');
    });

    it('leads alone, whoever else is in sync', () => {
      const replica = inSync({ alive: [A, B] });
      replica.when((core) => core.record(recordOf(2, 1, B, B, A, C), replica.now));
      expect(refusal(replica)).to.include('proposes 3: epoch 2 of a, a in sync, forced');
      replica.when((core) => core.changed('done', replica.now));
      expect(replica.core.status).to.deep.include({ forced: true, inSync: [A] });
      // The mark stays while the epoch does.
      expect(replica.join(1, B, false)).to.include('proposes 4: epoch 2 of a, a+b in sync, forced');
    });
  });

  describe('that is not in sync', () => {
    const waits = 'waits for one of b:1, c:1, which alone are known to have all';

    it('says once whom it waits for, when none of them is alive', () => {
      const replica = inSync({ alive: [A] });
      replica.when((core) => core.record(recordOf(2, 1, B, B, C), replica.now));
      replica.pass(2000);
      expect(replica.notes).to.deep.equal([waits]);
      replica.when((core) => core.alive([A, B], replica.now));
      replica.when((core) => core.alive([A], replica.now));
      expect(replica.notes).to.deep.equal([waits, waits]);
    });

    it('says nothing while one of them is, or it does not know', () => {
      const replica = inSync({ alive: [A, C] });
      replica.when((core) => core.record(recordOf(2, 1, B, B, C), replica.now));
      const unaware = new TestReplica(holding(ENTRIES, 1));
      unaware.when((core) => core.record(recordOf(2, 1, B, B, C), unaware.now));
      const without = inSync({ alive: [A] });
      without.when(() => {});
      expect([...replica.notes, ...unaware.notes, ...without.notes]).to.deep.equal([]);
    });

    it('says nothing while the leader feeds it', () => {
      const replica = inSync({ alive: [A, B] });
      replica.when((core) => core.record(recordOf(2, 1, B, B, C), replica.now));
      replica.when((core) => core.linkUp(5, replica.now));
      const lead = { type: 'lead', epoch: 1, configuration: recordOf(2, 1, B, B, C), after: 3 };
      replica.when((core) => core.receive(5, lead, replica.now));
      replica.when((core) => core.alive([A], replica.now));
      expect(replica.notes).to.deep.equal([]);
    });
  });

  it('is what the record and its link make of it', () => {
    const replica = inSync({ alive: [A, B] });
    const statusOf = (): unknown[] => {
      const { role, leader, members, forced, lag } = replica.core.status;
      return [role, leader, members.map(({ member }) => member.id).join(), forced, lag];
    };
    expect(statusOf()).to.deep.equal(['joining', undefined, '', false, 0]);
    replica.when((core) => core.record(recordOf(2, 1, B, B, C), replica.now));
    expect(statusOf()).to.deep.equal(['joining', 'b:1', 'b,c', false, 0]);
    replica.when((core) => core.record({ ...recordOf(3, 1, B, B, A), forced: true }, replica.now));
    expect(statusOf()).to.deep.equal(['follower', 'b:1', 'b,a', true, 0]);
    expect(replica.core.status.members).to.deep.equal([
      { member: B, acked: undefined },
      { member: A, acked: undefined },
    ]);
  });

  it('ends, and says why, when its state does not belong to its log', () => {
    const replica = new TestReplica();
    Object.defineProperty(replica.machine, 'applied', { value: { ...ENTRIES[2] } });
    replica.when((core) => core.start(replica.now));
    const reason = 'the state is at entry 3, and the log has those behind 0 up to 0';
    expect(replica.ending).to.deep.equal({ anew: true, reason });
    const [, place] = ENTRIES;
    const behind = new TestReplica({ ...EMPTY, base: place!, last: place! });
    expect(behind.ending?.reason).to.equal('the state is at entry 0, and the log has those behind 2 up to 2');
  });

  it('that has ended does nothing more', () => {
    const replica = new TestReplica();
    replica.when((core) => core.persistFailed('no space left', replica.now));
    replica.when((core) => core.session(true, replica.now));
    expect(replica.when((core) => core.record(undefined, replica.now))).to.deep.equal([]);
    expect(replica.when((core) => core.force(7, replica.now))).to.deep.equal([]);
    expect(replica.when((core) => core.receive(9, {}, replica.now))).to.deep.equal([]);
    expect(replica.when((core) => core.linkUp(9, replica.now))).to.deep.equal([]);
    expect(replica.read(8)).to.deep.equal([]);
    const trying = inSync({ alive: [A] });
    trying.when((core) => core.record(recordOf(2, 1, B, B, A), trying.now));
    trying.when((core) => core.persistFailed('no space left', trying.now));
    expect(trying.when((core) => core.changed('done', trying.now))).to.deep.equal([]);
    const doubtful = inSync({ alive: [A] });
    doubtful.when((core) => core.record(recordOf(2, 1, B, B, A), doubtful.now));
    doubtful.when((core) => core.changed('unknown', doubtful.now));
    expect(doubtful.pass(500)).to.deep.equal(['reads the record']);
    doubtful.when((core) => core.persistFailed('no space left', doubtful.now));
    expect(doubtful.when((core) => core.recordRead(recordOf(2, 1, B, B, A), doubtful.now))).to.deep.equal([]);
  });
});

/** It has three entries and a session, and knows who else has one; it has heard of no record. */
function inSync({ alive, epoch = 1 }: { alive: readonly Member[]; epoch?: number }): TestReplica {
  const replica = new TestReplica(holding(ENTRIES, epoch));
  replica.when((core) => core.session(true, replica.now));
  replica.when((core) => core.alive(alive, replica.now));
  replica.heard();
  return replica;
}
