/** What a replica does that does not lead: whom it dials, what it takes from whom, what it acknowledges, when it gives up. */

import { expect } from 'chai';
import type { CoreOptions } from '../../../../store/core';
import { type Entry, makeEntry } from '../../../../store/entry';
import { A, B, C, entriesOf, holding, recordOf, TestReplica } from '../../../support/store/test-replica';

const ENTRIES = entriesOf(1, [1, 2, 3]);
/** Of a leader that has two others in sync. */
const RECORD = recordOf(2, 1, B, B, A, C);

describe('a follower', () => {
  describe('that looks for the leader', () => {
    it('dials whom the record names, then those in sync, then from the first on again, and never itself', () => {
      const follower = new TestReplica(holding(ENTRIES, 1), { contact: 'x:1' });
      const dialled = follower.when((core) => core.record(RECORD, follower.now));
      for (const address of ['b:1', 'x:1', 'c:1']) dialled.push(...undialled(follower, address));
      expect(dialled).to.deep.equal(['dials b:1', 'dials x:1', 'dials c:1', 'dials b:1']);
      // Of another that it no longer dials.
      expect(undialled(follower, 'x:1')).to.deep.equal([]);
    });

    it('begins with whom a later record names', () => {
      const follower = new TestReplica(holding(ENTRIES, 1));
      follower.when((core) => core.record(RECORD, follower.now));
      undialled(follower, 'b:1');
      follower.when((core) => core.linkUp(5, follower.now));
      const said = follower.when((core) => core.record(recordOf(3, 2, B, B, A), follower.now));
      expect(said).to.deep.equal(['hangs up 5', 'marks epoch 2, tried 1', 'dials b:1']);
      expect(follower.reasons).to.deep.equal(['another epoch has begun']);
    });

    it('dials the leader wherever it stands among those in sync', () => {
      const follower = new TestReplica(holding(ENTRIES, 1));
      expect(follower.when((core) => core.record(recordOf(2, 1, B, C, B), follower.now))).to.deep.equal(['dials b:1']);
    });

    it('keeps its link while the epoch does, if it is to the leader', () => {
      const follower = accepted();
      expect(follower.when((core) => core.record({ ...RECORD, version: 3 }, follower.now))).to.deep.equal([]);
      const other = new TestReplica(holding(ENTRIES, 1));
      other.when((core) => core.record(RECORD, other.now));
      undialled(other, 'b:1');
      other.when((core) => core.linkUp(5, other.now));
      const said = other.when((core) => core.record({ ...RECORD, version: 3 }, other.now));
      expect([said, other.reasons]).to.deep.equal([['hangs up 5', 'dials b:1'], ['another is dialled']]);
    });

    it('begins with the leader again when the record has changed, and not when it is told the same', () => {
      const follower = new TestReplica(holding(ENTRIES, 1));
      follower.when((core) => core.record(RECORD, follower.now));
      expect(undialled(follower, 'b:1')).to.deep.equal(['dials c:1']);
      expect(follower.when((core) => core.record(RECORD, follower.now))).to.deep.equal([]);
      expect(follower.when((core) => core.record({ ...RECORD, version: 3 }, follower.now))).to.deep.equal([
        'dials b:1',
      ]);
    });

    it('goes where it is sent', () => {
      const follower = dialling();
      expect(hears(follower, { type: 'elsewhere', epoch: 1, leader: 'x:1' })).to.deep.equal([
        'hangs up 5',
        'dials x:1',
      ]);
      expect(follower.reasons).to.deep.equal(['it does not lead']);
      expect(follower.core.status.leader).to.equal('x:1');
      // That one is not there: on behind the one that had sent it there.
      expect(undialled(follower, 'x:1')).to.deep.equal(['dials b:1']);
    });

    it('goes on where it was when it is sent nowhere, or where it was sent before', () => {
      const follower = dialling();
      expect(hears(follower, { type: 'elsewhere', epoch: 1 })).to.deep.equal(['hangs up 5', 'dials c:1']);
      follower.when((core) => core.linkUp(6, follower.now));
      expect(hears(follower, { type: 'elsewhere', epoch: 1, leader: 'x:1' }, 6)).to.deep.equal([
        'hangs up 6',
        'dials x:1',
      ]);
      follower.when((core) => core.linkUp(7, follower.now));
      expect(hears(follower, { type: 'elsewhere', epoch: 1, leader: 'x:1' }, 7)).to.deep.equal([
        'hangs up 7',
        'dials b:1',
      ]);
    });

    it('goes on when it is sent to itself', () => {
      const follower = dialling();
      expect(hears(follower, { type: 'elsewhere', epoch: 1, leader: 'a:1' })).to.deep.equal([
        'hangs up 5',
        'dials c:1',
      ]);
      expect(follower.write(7, 1)).to.deep.equal(['tells 7 to ask undefined']);
    });

    it('tries the next when one hangs up before it accepts, and the same again afterwards', () => {
      const follower = dialling();
      expect(follower.when((core) => core.linkDown(9, follower.now))).to.deep.equal([]);
      expect(follower.when((core) => core.linkDown(5, follower.now))).to.deep.equal(['dials c:1']);
      follower.when((core) => core.linkUp(6, follower.now));
      lead(follower, 3, 6);
      expect(follower.when((core) => core.linkDown(6, follower.now))).to.deep.equal([]);
      expect(follower.core.status.leader).to.equal('c:1');
    });

    it('gives up one that is silent for twice the time that a follower has to acknowledge', () => {
      for (const follower of [dialling(), accepted()]) {
        expect(follower.pass(3999).join()).to.not.include('hangs up');
        expect(follower.pass(1)).to.include.members(['hangs up 5', 'dials c:1']);
        expect(follower.reasons).to.deep.equal(['it is silent']);
      }
    });

    it('blames nobody for the time when it was stopped itself', () => {
      const follower = accepted();
      const later = { ms: follower.now.ms + 60_000, us: follower.now.us };
      follower.core.settle(later);
      expect(follower.heard()).to.deep.equal([]);
    });

    it('sends who would follow it to whom it takes for the leader', () => {
      const follower = accepted();
      const join = { type: 'join', epoch: 0, member: C, ends: [{ epoch: 0, last: 0 }] };
      expect(hears(follower, join, 9)).to.deep.equal(['says elsewhere to 9']);
      expect(follower.sent.at(-1)).to.deep.equal({ type: 'elsewhere', epoch: 1, leader: 'b:1' });
    });
  });

  describe('that takes what somebody sends', () => {
    const cases: [what: string, message: object, reason: string][] = [
      ['entries before it was accepted', append(), 'it is not our leader'],
      ['a state before it was accepted', { type: 'lines', epoch: 1, lines: [], last: true }, 'it is not our leader'],
      ['an end that it did not name', leads(4), 'it names an entry that it was not told of'],
      ['an epoch that is over', { ...leads(3), epoch: 0 }, 'its epoch is over'],
    ];
    for (const [what, message, reason] of cases) {
      it(`leaves for the next when it is sent ${what}`, () => {
        const follower = dialling();
        expect(hears(follower, message)).to.include.members(['hangs up 5', 'dials c:1']);
        expect(follower.reasons).to.deep.equal([reason]);
      });
    }

    const later: [what: string, message: object, reason: string][] = [
      ['entries of another epoch', { ...append(), epoch: 2 }, 'it is not our leader'],
      ['that it leads once more', leads(3), 'its epoch is over'],
      [
        'lines of no state',
        { type: 'lines', epoch: 1, lines: [], last: true },
        'it sends a snapshot without its beginning',
      ],
      [
        'what followers say',
        { type: 'ack', epoch: 1, index: 1, sum: '', round: 0 },
        'it sends what only a leader hears',
      ],
    ];
    for (const [what, message, reason] of later) {
      it(`leaves for the next when its leader sends ${what}`, () => {
        const follower = accepted();
        expect(hears(follower, message)).to.deep.equal(['hangs up 5', 'dials c:1']);
        expect(follower.reasons).to.deep.equal([reason]);
      });
    }

    it('leaves for the next when a line is not that behind its last, and says why', () => {
      const follower = accepted();
      expect(hears(follower, append({ lines: [ENTRIES[2]!.line] }))).to.deep.equal(['hangs up 5', 'dials c:1']);
      const why = 'it has index 3 where 4 is next';
      expect(follower.reasons).to.deep.equal([`it sends a line that is not the next of the log: ${why}`]);
    });

    it('hears only whom it has dialled', () => {
      const follower = accepted();
      expect(hears(follower, append(), 9)).to.deep.equal(['hangs up 9']);
      expect(follower.reasons).to.deep.equal(['it sends what only a leader hears']);
    });

    it('says to one whose epoch is over that it is', () => {
      const follower = dialling();
      hears(follower, { ...leads(3), epoch: 0 });
      expect(follower.sent.at(-1)).to.deep.equal({ type: 'stale', epoch: 1 });
    });

    it('knows the record from its leader', () => {
      const follower = accepted();
      hears(follower, { type: 'changed', epoch: 1, configuration: recordOf(3, 1, B, B, A) });
      expect(follower.core.status.inSync).to.deep.equal([B, A]);
    });

    it('no longer waits, to answer reads, for what it has cut off', () => {
      const follower = dialling();
      lead(follower, 1);
      expect(follower.read(7)).to.deep.equal([]);
      expect(hears(follower, append({ committed: 1 }))).to.deep.equal(['answers 7 [1]']);
    });

    it('tells people what it cuts off', () => {
      const follower = dialling();
      lead(follower, 1);
      expect(follower.notes).to.deep.equal(['entries 2 to 3 are not in the log of the leader and are cut off']);
    });

    it('begins anew when the leader says that the log differs, or does not know what was applied', () => {
      const told = accepted();
      expect(hears(told, { type: 'differs', epoch: 1, index: 3 })).to.deep.equal(['begins anew']);
      expect(told.ending?.reason).to.equal('the leader says that the log differs from its own at entry 3');
      const ahead = accepted();
      hears(ahead, append({ committed: 3 }));
      ahead.when((core) => core.linkDown(5, ahead.now));
      ahead.when((core) => core.linkUp(6, ahead.now));
      expect(hears(ahead, leads(2), 6)).to.deep.equal(['begins anew']);
      expect(ahead.ending?.reason).to.equal('entries behind 2 were applied here and are not in the log of the leader');
    });

    it('begins anew when its state is another', () => {
      const follower = accepted({ hashEvery: 3 });
      expect(follower.read(7, 3)).to.deep.equal([]);
      // And answers nobody from it.
      const said = hears(follower, append({ committed: 3, hash: { index: 3, hash: 'another' } }));
      expect(said).to.deep.equal(['begins anew']);
      expect(follower.ending?.reason).to.equal("the state differs from the leader's at 3");
      const told = accepted({ hashEvery: 3 });
      hears(told, append({ hash: { index: 3, hash: 'another' } }));
      expect(hears(told, append({ committed: 3 }))).to.deep.equal(['begins anew']);
      const same = accepted({ hashEvery: 3 });
      hears(same, append({ committed: 3 }));
      hears(same, append({ hash: { index: 3, hash: same.machine.hash() } }));
      hears(same, append({ hash: { index: 6, hash: 'of another place' } }));
      expect(same.ending).to.equal(undefined);
    });
  });

  describe('that acknowledges', () => {
    const [fourth, fifth] = entriesOf(1, [4, 5], ENTRIES[2]);

    it('says what it has, with its sum and the round that it heard of', () => {
      const follower = accepted();
      expect(follower.sent.at(-1)).to.deep.equal({ type: 'ack', epoch: 1, index: 3, sum: ENTRIES[2]!.sum, round: 0 });
      expect(hears(follower, append({ round: 2 }))).to.deep.equal(['acknowledges 3 to 5']);
      expect(follower.sent.at(-1)).to.deep.include({ round: 2 });
      // Once for each round.
      expect(hears(follower, append({ round: 2 }))).to.deep.equal([]);
      expect(hears(follower, append({ round: 1 }))).to.deep.equal([]);
    });

    it('nothing to the next of what came from the one before', () => {
      const follower = accepted();
      follower.slowDisk = true;
      hears(follower, append({ lines: [fourth!.line] }));
      follower.when((core) => core.linkDown(5, follower.now));
      follower.when((core) => core.linkUp(6, follower.now));
      follower.flush();
      expect(follower.heard()).to.deep.equal([]);
      lead(follower, 4, 6);
      follower.flush();
      expect(follower.sent.at(-1)).to.deep.include({ type: 'ack', index: 4, round: 0 });
    });

    it('nothing before what it cut off is off the disk', () => {
      const follower = dialling();
      follower.slowDisk = true;
      lead(follower, 2);
      hears(follower, append({ round: 1 }));
      expect(follower.sent.filter(({ type }) => type === 'ack')).to.deep.equal([]);
      follower.flush();
      expect(follower.heard()).to.deep.equal(['acknowledges 2 to 5']);
    });

    it('nothing on a new link for what was brought to the disk for the one before', () => {
      const follower = dialling();
      follower.slowDisk = true;
      lead(follower, 2);
      follower.when((core) => core.linkDown(5, follower.now));
      follower.when((core) => core.linkUp(6, follower.now));
      hears(follower, { ...leads(2), epoch: 2 }, 6);
      // What was cut off is off the disk, the new epoch is not on it.
      follower.when((core) => core.persisted(1, follower.now));
      hears(follower, { ...append({ round: 1 }), epoch: 2 }, 6);
      expect(follower.sent.filter(({ type }) => type === 'ack')).to.deep.equal([]);
      follower.flush();
      expect(follower.heard()).to.deep.equal(['acknowledges 2 to 6']);
    });

    it('no more while too much waits to be applied, and goes on when there is room', () => {
      const follower = accepted();
      const large: Entry[] = [];
      for (let i = 0; i < 17; i++) {
        large.push(makeEntry(large.at(-1) ?? ENTRIES[2]!, 1, 1e15, ['append', 'list', 'x'.repeat(1024 * 1024)]));
      }
      follower.machine.isFull = true;
      const said = large.map(({ line }) => hears(follower, append({ lines: [line], committed: 20 })).at(-1));
      expect(said[14]).to.equal('acknowledges 18 to 5');
      expect(said.slice(15).join()).to.not.include('acknowledges 19').and.not.include('acknowledges 20');
      follower.machine.isFull = false;
      expect(follower.when(() => {})).to.deep.equal(['acknowledges 20 to 5']);
    });

    it('and lets go of what it has applied, but for what it keeps', () => {
      const follower = accepted({ keepEntries: 1 });
      hears(follower, append({ committed: 3 }));
      expect(follower.trimmed).to.deep.equal([2]);
    });

    it('nothing after a write has failed', () => {
      const follower = accepted();
      follower.slowDisk = true;
      hears(follower, append({ lines: [fourth!.line] }));
      expect(follower.when((core) => core.persistFailed('no space left', follower.now))).to.deep.equal(['ends']);
      follower.flush();
      expect(follower.heard()).to.deep.equal([]);
    });

    it('how far behind it is, it tells', () => {
      const follower = accepted();
      follower.slowDisk = true;
      hears(follower, append({ lines: [fourth!.line, fifth!.line], committed: 5 }));
      const { position, lag, role } = follower.core.status;
      expect([position, lag, role]).to.deep.equal([0, 5, 'follower']);
      follower.flush();
      expect(follower.core.status.lag).to.equal(0);
      hears(follower, append({ committed: 3 }));
      expect(follower.core.status.lag).to.equal(0);
    });

    it('learns late what is committed, where clients are to see it', () => {
      const follower = accepted({ learnMs: 50 });
      hears(follower, append({ committed: 2 }));
      follower.pass(30);
      hears(follower, append({ committed: 3 }));
      hears(follower, append({ committed: 3 }));
      expect([follower.core.status.position, follower.wakesInMs]).to.deep.equal([0, 20]);
      follower.pass(19);
      expect(follower.core.status.position).to.equal(0);
      follower.pass(1);
      expect(follower.core.status.position).to.equal(2);
      follower.pass(30);
      expect(follower.core.status.position).to.equal(3);
    });
  });

  describe('that takes a state', () => {
    /** What a leader sends of its state at entry 6. */
    function snapshotOf() {
      const leader = new TestReplica().found();
      for (let token = 1; token <= 5; token++) leader.write(token, token);
      const { hash, position, next } = leader.machine.snapshot();
      const end = { type: 'lines', epoch: 1, lines: [], last: true };
      return {
        position,
        begins: { type: 'snapshot', epoch: 1, configuration: RECORD, position, hash },
        all: { ...end, lines: next(1)!, last: false },
        end,
      };
    }

    it('throws its own away, has the other and acknowledges that', () => {
      const { position, begins, all, end } = snapshotOf();
      const follower = dialling();
      expect(hears(follower, begins)).to.deep.equal([]);
      expect(follower.notes).to.deep.equal(['takes the state at entry 6 from the leader in the place of all up to 3']);
      for (const line of all.lines) {
        expect(hears(follower, { ...all, lines: [line] })).to.deep.equal(['says taken to 5']);
      }
      expect(hears(follower, end)).to.deep.equal(['begins its log behind 6', 'says taken to 5', 'acknowledges 6 to 5']);
      expect(follower.sent.at(-1)).to.deep.include({ index: 6, sum: position.sum });
      expect(follower.core.status.position).to.equal(6);
      expect(follower.read(7)).to.deep.equal(['answers 7 [1,2,3,4,5]']);
    });

    it('answers nobody meanwhile, and is forced by nobody', () => {
      const { begins } = snapshotOf();
      const follower = dialling();
      hears(follower, begins);
      const reason = 'this replica is being built anew';
      expect(follower.read(7)).to.deep.equal([`refuses 7: ${reason} from the state of the leader`]);
      const forced = follower.when((core) => core.force(8, follower.now));
      expect(forced).to.deep.equal([`refuses 8: ${reason}: its state is no whole one`]);
    });

    it('does not know what became of writes that wait here', () => {
      const { begins, all, end } = snapshotOf();
      const follower = new TestReplica().found();
      follower.slowDisk = true;
      follower.write(7, 1);
      follower.when((core) => core.record(recordOf(2, 2, B, B, A), follower.now));
      follower.when((core) => core.linkUp(5, follower.now));
      follower.heard();
      hears(follower, { ...begins, epoch: 2 });
      hears(follower, { ...all, epoch: 2 });
      const reason = 'a snapshot took the place of the log before the write was confirmed';
      expect(hears(follower, { ...end, epoch: 2 })).to.include(`does not know about 7: ${reason}`);
    });

    it('begins anew when that is not what it says, or is broken off', () => {
      const { begins, all, end } = snapshotOf();
      const not = 'the snapshot of the leader is not what it says: ';
      const wrong: [messages: object[], reason: string][] = [
        [[{ ...begins, hash: 'another' }, all, end], `${not}it has another hash`],
        [[begins, { ...all, lines: ['{'] }], not],
        [[begins, append()], 'the snapshot did not come to its end'],
      ];
      for (const [messages, reason] of wrong) {
        const follower = dialling();
        for (const message of messages) hears(follower, message);
        expect(follower.ending?.anew).to.equal(true);
        expect(follower.ending?.reason).to.include(reason);
      }
    });

    it('begins anew when the link is lost before its end', () => {
      const { begins } = snapshotOf();
      const follower = dialling();
      hears(follower, begins);
      expect(follower.when((core) => core.linkDown(5, follower.now))).to.deep.equal(['begins anew']);
    });

    it('begins anew when it has applied more than that', () => {
      const { begins, position } = snapshotOf();
      const follower = accepted();
      hears(follower, append({ committed: 3 }));
      follower.when((core) => core.linkDown(5, follower.now));
      follower.when((core) => core.linkUp(6, follower.now));
      hears(follower, { ...begins, position: { ...position, index: 2 } }, 6);
      const reason = 'entries behind 2 were applied here and are not in the snapshot of the leader';
      expect(follower.ending?.reason).to.equal(reason);
    });

    it('says why it leaves who sends entries before the end of that', () => {
      const { begins } = snapshotOf();
      const follower = dialling();
      hears(follower, begins);
      hears(follower, append());
      expect(follower.reasons).to.deep.equal(['it sends entries before the end of its snapshot']);
    });

    it('takes one of the very place at which it is', () => {
      const { begins } = snapshotOf();
      const follower = accepted();
      hears(follower, append({ committed: 3 }));
      follower.when((core) => core.linkDown(5, follower.now));
      follower.when((core) => core.linkUp(6, follower.now));
      const { index, epoch, timeUs, sum } = ENTRIES[2]!;
      expect(hears(follower, { ...begins, position: { index, epoch, timeUs, sum } }, 6)).to.deep.equal([]);
      expect(follower.ending).to.equal(undefined);
    });

    it('takes no more while its state has no room', () => {
      const { begins, all } = snapshotOf();
      const follower = dialling();
      hears(follower, begins);
      follower.machine.isFull = true;
      expect(hears(follower, all)).to.deep.equal([]);
      follower.machine.isFull = false;
      expect(follower.when(() => {})).to.deep.equal(['says taken to 5']);
    });
  });
});

/** It has dialled the leader that the record names, on link 5. */
function dialling(options: Partial<CoreOptions> = {}): TestReplica {
  const follower = new TestReplica(holding(ENTRIES, 1), options);
  follower.when((core) => core.record(RECORD, follower.now));
  follower.when((core) => core.linkUp(5, follower.now));
  follower.heard();
  return follower;
}

/** That one has accepted it with all its entries. */
function accepted(options: Partial<CoreOptions> = {}): TestReplica {
  const follower = dialling(options);
  lead(follower, 3);
  return follower;
}

function lead(follower: TestReplica, after: number, link = 5): void {
  follower.when((core) => core.receive(link, leads(after), follower.now));
  follower.heard();
}

function leads(after: number): object {
  return { type: 'lead', epoch: 1, configuration: RECORD, after };
}

function append(parts: object = {}): object {
  return { type: 'append', epoch: 1, lines: [], committed: 0, round: 0, ...parts };
}

function hears(follower: TestReplica, message: object, link = 5): string[] {
  return follower.when((core) => core.receive(link, message, follower.now));
}

function undialled(follower: TestReplica, address: string): string[] {
  return follower.when((core) => core.undialled(address, follower.now));
}
