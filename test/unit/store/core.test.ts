import { expect } from 'chai';
import type { Operation } from '../../../store/entry';
import { makeEntry } from '../../../store/entry';
import type { Reading } from '../../../store/state-machine';
import { answerOf } from '../../support/store/answer';
import { A, B, C, EMPTY, entriesOf, holding, recordOf, TestReplica } from '../../support/store/test-replica';

describe('the core of a replica', () => {
  describe('that finds no record', () => {
    it('founds a store by a change, when it has written down that it tries', () => {
      const replica = new TestReplica();
      replica.when((core) => core.session(true, replica.now));
      expect(replica.when((core) => core.record(undefined, replica.now))).to.deep.equal([
        'marks epoch 0, tried 1',
        'proposes 1: epoch 1 of a, a in sync',
      ]);
      expect(replica.when((core) => core.changed('done', replica.now))).to.deep.equal([
        'marks epoch 1, tried 1',
        'writes 1',
      ]);
      expect(replica.core.status).to.deep.include({ role: 'leader', epoch: 1, leader: 'a:1', position: 1 });
    });

    it('founds none when it was told of a leader', () => {
      const replica = new TestReplica(EMPTY, { contact: 'b:1' });
      expect(replica.when((core) => core.session(true, replica.now))).to.deep.equal(['dials b:1']);
      expect(replica.when((core) => core.record(undefined, replica.now))).to.deep.equal([]);
    });

    it('founds none when it has a log: its store is another', () => {
      const replica = new TestReplica(holding(entriesOf(1, [1]), 1));
      replica.when((core) => core.session(true, replica.now));
      expect(replica.when((core) => core.record(undefined, replica.now))).to.deep.equal([]);
    });

    it('tries no epoch twice, when another was the first', () => {
      const replica = new TestReplica();
      replica.when((core) => core.session(true, replica.now));
      replica.when((core) => core.record(undefined, replica.now));
      expect(replica.when((core) => core.changed('refused', replica.now))).to.include('reads the record');
      const record = recordOf(1, 1, B, B, A);
      replica.when((core) => core.recordRead(record, replica.now));
      replica.when((core) => core.alive([A], replica.now));
      expect(replica.pass(1000)).to.include('proposes 2: epoch 2 of a, a in sync');
    });
  });

  describe('that leads', () => {
    it('answers a write when every member in sync has it on disk', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      leader.join(2, C);
      expect(leader.write(7, 1)).to.include('sends 1 to 1').and.include('sends 1 to 2').and.not.include('answers 7 1');
      expect(leader.acknowledge(1)).to.not.include('answers 7 1');
      expect(leader.acknowledge(2)).to.include('answers 7 1');
    });

    it('tells followers what is committed with the next entries, or soon', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      const told = (): number => Math.max(...leader.sent.map((said) => (said.type === 'append' ? said.committed : 0)));
      leader.write(7, 1);
      leader.acknowledge(1);
      expect(told()).to.equal(1);
      leader.write(8, 2);
      expect(told()).to.equal(2);
      leader.acknowledge(1);
      leader.pass(10);
      expect(told()).to.equal(3);
    });

    it('answers none before its own disk has it', () => {
      const leader = new TestReplica().found();
      leader.slowDisk = true;
      expect(leader.write(7, 1)).to.deep.equal(['writes 2']);
      leader.flush();
      expect(leader.heard()).to.deep.equal(['answers 7 1']);
    });

    it('answers nothing after a write to its disk has failed', () => {
      const leader = new TestReplica().found();
      leader.slowDisk = true;
      leader.write(7, 1);
      expect(leader.when((core) => core.persistFailed('no space left', leader.now))).to.deep.equal(['ends']);
      leader.flush();
      expect(leader.write(8, 2)).to.deep.equal([]);
      expect(leader.ending).to.deep.equal({ anew: false, reason: 'no space left' });
    });

    it('tells what it found of each follower: the same, another, or nothing any more', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      leader.join(2, C);
      leader.comparisons = [];
      leader.write(7, 1);
      leader.acknowledge(1);
      leader.acknowledge(1);
      expect(leader.comparisons).to.deep.equal(['b:1 same 2-2']);
      leader.when((core) => core.linkDown(2, leader.now));
      leader.when((core) => core.changed('done', leader.now));
      expect(leader.comparisons.slice(1)).to.deep.equal(['c:1 missing 2-2']);
      leader.write(8, 2);
      leader.acknowledge(1, { ...leader.last, sum: '0'.repeat(64) });
      expect(leader.comparisons.slice(2)).to.deep.equal(['b:1 differs 3-3']);
    });

    it('takes out a follower that is silent, and commits without it only when that is the record', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      leader.write(7, 1);
      const said = leader.pass(2100);
      expect(said).to.include('hangs up 1').and.include('proposes 3: epoch 1 of a, a in sync');
      expect(said).to.not.include('answers 7 1');
      expect(leader.when((core) => core.changed('done', leader.now))).to.deep.equal(['answers 7 1']);
    });

    it('takes out at once one whose link goes down', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      const said = leader.when((core) => core.linkDown(1, leader.now));
      expect(said).to.deep.equal(['proposes 3: epoch 1 of a, a in sync']);
    });

    it('needs those recorded and those proposed, while it does not know the outcome of a change', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      leader.when((core) => core.linkDown(1, leader.now));
      leader.write(7, 1);
      leader.when((core) => core.changed('unknown', leader.now));
      expect(leader.pass(500)).to.deep.equal(['reads the record']);
      const asked = leader.when((core) => core.recordRead(recordOf(2, 1, A, A, B), leader.now));
      expect(asked).to.deep.equal(['proposes 3: epoch 1 of a, a in sync']);
      expect(leader.when((core) => core.changed('refused', leader.now))).to.deep.equal(['reads the record']);
      const known = leader.when((core) => core.recordRead(recordOf(3, 1, A, A), leader.now));
      expect(known).to.deep.equal(['answers 7 1']);
    });

    it('waits for one that it adds, before it is known to be in sync', () => {
      const leader = new TestReplica().found();
      expect(leader.join(1, B, false)).to.include('proposes 2: epoch 1 of a, a+b in sync');
      expect(leader.write(7, 1)).to.not.include('answers 7 1');
      expect(leader.acknowledge(1)).to.deep.equal(['answers 7 1']);
    });

    it('adds nobody that lacks a commit', () => {
      const leader = new TestReplica().found();
      leader.write(7, 1);
      const join = { type: 'join', epoch: 0, member: B, ends: [{ epoch: 0, last: 0 }] };
      expect(leader.when((core) => core.receive(1, join, leader.now))).to.deep.equal([
        'says lead to 1',
        'sends 2 to 1',
      ]);
      const [first] = leader.writes.flatMap((write) => (write.kind === 'append' ? write.entries : []));
      expect(leader.acknowledge(1, first)).to.deep.equal([]);
      expect(leader.acknowledge(1)).to.deep.equal(['proposes 2: epoch 1 of a, a+b in sync']);
    });

    it('takes out, and sends away to begin anew, one whose log has another sum', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      const other = { ...leader.last, sum: 'f'.repeat(64) };
      expect(leader.acknowledge(1, other)).to.deep.equal([
        'says differs to 1',
        'hangs up 1',
        'proposes 3: epoch 1 of a, a in sync',
      ]);
    });

    it('answers a read when every member has confirmed a round begun after it', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      expect(leader.read(7)).to.deep.equal([]);
      expect(leader.acknowledge(1)).to.deep.equal(['answers 7 []']);
    });

    /** Reads of it take two pieces, and tell what is in the list at first. */
    function readingSlowly(): TestReplica {
      const leader = new TestReplica().found();
      const { machine } = leader;
      const read = machine.read.bind(machine);
      const slowly = (operation: Operation): Reading => {
        const found = read(operation);
        let pieces = 0;
        return { next: () => (++pieces < 2 ? undefined : answerOf(found)), close: () => {} };
      };
      Object.assign(machine, { read: slowly });
      return leader;
    }

    it('answers what takes long piece by piece, and everybody else in between', () => {
      const leader = readingSlowly();
      leader.write(7, 1);
      expect(leader.read(8)).to.deep.equal([]);
      expect(leader.write(9, 2)).to.deep.equal(['writes 3', 'answers 8 [1]', 'answers 9 2']);
    });

    it('goes on with what takes long by itself', () => {
      const leader = readingSlowly();
      leader.read(7);
      expect(leader.pass(0)).to.deep.equal(['answers 7 []']);
    });

    it('refuses more that take long than it has room for', () => {
      const leader = readingSlowly();
      const said = leader.when((core) => {
        for (let token = 1; token <= 101; token++) core.read(token, ['read', 'list'], 0, leader.now);
      });
      const reason = 'more than 100 questions look through many documents: index what is asked for';
      expect(said).to.deep.equal([`refuses 101: ${reason}`]);
    });

    it('answers a read alone, when it is alone', () => {
      expect(new TestReplica().found().read(7)).to.deep.equal(['answers 7 []']);
    });

    it('does a request once: one under way is waited for, one done is answered as the first time', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      leader.write(7, 1, 'same');
      expect(leader.write(8, 1, 'same')).to.deep.equal([]);
      expect(leader.acknowledge(1)).to.deep.equal(['answers 7 1', 'answers 8 1']);
      expect(leader.write(9, 1, 'same')).to.deep.equal(['answers 9 1']);
    });

    it('refuses writes while too few are in sync', () => {
      const leader = new TestReplica(EMPTY, { minInSync: 2 }).found();
      expect(leader.write(7, 1)).to.deep.equal(['refuses 7: too few replicas are in sync: 1 of 2']);
      leader.join(1, B);
      leader.write(8, 1);
      expect(leader.acknowledge(1)).to.deep.equal(['answers 8 1']);
    });

    it('refuses no write for those that are done, however many', () => {
      const leader = new TestReplica().found();
      // What fills the memory for entries one and a half times, ten together.
      for (let token = 1; token <= 240; ) {
        const said = leader.when((core) => {
          for (let i = 0; i < 10; i++) core.write(token++, ['append', 'list', 'x'.repeat(1e5)], undefined, leader.now);
        });
        expect(said.filter((what) => what.startsWith('refuses'))).to.deep.equal([]);
      }
    });

    it('refuses writes while those that wait for the disk fill its memory', () => {
      const leader = new TestReplica().found();
      const write = (token: number): string[] =>
        leader.when((core) => core.write(token, ['append', 'list', 'x'.repeat(1e6)], undefined, leader.now));
      leader.slowDisk = true;
      for (let token = 1; token <= 17; token++) write(token);
      expect(write(18)).to.deep.equal(['refuses 18: too many writes wait to be confirmed by the replicas in sync']);
      leader.flush();
      leader.heard();
      expect(write(19)).to.deep.equal(['writes 19']);
    });

    it('says at the deadline of a write that it does not know', () => {
      const leader = new TestReplica().found();
      leader.slowDisk = true;
      leader.write(7, 1);
      expect(leader.pass(29_900)).to.deep.equal([]);
      expect(leader.pass(200)).to.deep.equal(['does not know about 7: not confirmed within 30 s']);
    });

    it('gives every entry a later time than the one before, also when its clock is set back', () => {
      const leader = new TestReplica().found();
      leader.setClock(5);
      leader.write(7, 1);
      leader.write(8, 2);
      const times = leader.writes
        .flatMap((write) => (write.kind === 'append' ? write.entries : []))
        .map(({ timeUs }) => timeUs);
      expect(times).to.deep.equal([1e15, 1e15 + 1, 1e15 + 2]);
    });

    it('resigns when the record is of a later epoch, and tells who waits for a read where to ask', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      leader.read(7);
      const said = leader.when((core) => core.record(recordOf(3, 2, B, B), leader.now));
      expect(said).to.deep.equal(['tells 7 to ask b:1', 'hangs up 1', 'marks epoch 2, tried 1', 'dials b:1']);
      expect(leader.write(8, 1)).to.deep.equal(['tells 8 to ask b:1']);
    });

    it('brings what came in the turn in which it resigns to the disk first: a forced epoch is written behind it', () => {
      const leader = new TestReplica().found();
      const said = leader.when((core) => {
        core.write(7, ['append', 'list', 1], undefined, leader.now);
        core.record(recordOf(2, 2, B, B), leader.now);
        core.force(8, leader.now);
      });
      expect(said.slice(0, 2)).to.deep.equal(['writes 2', 'marks epoch 2, tried 1']);
      expect(leader.when((core) => core.changed('done', leader.now))).to.include('writes 3');
    });

    it('tells who waits for writes that the next leader has not, once that has begun its epoch, where to ask', () => {
      const leader = new TestReplica().found();
      const { last: first } = leader;
      leader.join(1, B);
      leader.write(7, 1);
      leader.write(8, 2);
      const record = recordOf(3, 2, B, B);
      leader.when((core) => core.record(record, leader.now));
      leader.when((core) => core.linkUp(5, leader.now));
      const lead = { type: 'lead', epoch: 2, configuration: record, after: first.index };
      expect(leader.when((core) => core.receive(5, lead, leader.now))).to.include('cuts off what is behind 1');
      const { line } = makeEntry(first, 2, 1e15, ['lead', 'b']);
      const append = { type: 'append', epoch: 2, lines: [line], committed: 2, round: 0 };
      const said = leader.when((core) => core.receive(5, append, leader.now));
      expect(said).to.include.members(['tells 7 to ask b:1', 'tells 8 to ask b:1']);
    });

    it('asks the record when somebody says that its epoch is over, and goes on meanwhile', () => {
      const leader = new TestReplica().found();
      const said = leader.when((core) => core.receive(9, { type: 'stale', epoch: 99 }, leader.now));
      expect(said).to.deep.equal(['reads the record']);
      expect(leader.write(7, 1)).to.include('answers 7 1');
    });

    it('blames nobody for the time when it was stopped itself', () => {
      const leader = new TestReplica().found();
      leader.join(1, B);
      leader.slowDisk = true;
      const later = { ms: leader.now.ms + 60_000, us: leader.now.us };
      leader.core.settle(later);
      expect(leader.heard()).to.not.include('hangs up 1');
    });

    it('hangs up on whoever sends what is no message', () => {
      const leader = new TestReplica().found();
      for (const json of [undefined, null, 7, [], {}, { type: 'join' }, { type: 'constructor', epoch: 1 }]) {
        expect(leader.when((core) => core.receive(9, json, leader.now))).to.deep.equal(['hangs up 9']);
      }
    });
  });

  describe('that follows', () => {
    const entries = entriesOf(1, [1, 2, 3]);
    const record = recordOf(2, 1, B, B, A);

    /** Dials b, which leads, and is accepted with all its entries up to `after`. */
    function following(after: number, epoch = 1): TestReplica {
      const replica = new TestReplica(holding(entries, 1));
      replica.when((core) => core.session(true, replica.now));
      replica.when((core) => core.alive([A, B], replica.now));
      replica.when((core) => core.record(record, replica.now));
      replica.when((core) => core.linkUp(5, replica.now));
      replica.heard();
      const lead = { type: 'lead', epoch, configuration: { ...record, epoch }, after };
      replica.slowDisk = true;
      replica.when((core) => core.receive(5, lead, replica.now));
      return replica;
    }

    const append = (lines: readonly string[], committed: number, round = 0, epoch = 1) => {
      return { type: 'append', epoch, lines, committed, round };
    };

    it('dials the leader that the record names, and says where the epochs of its log end', () => {
      const replica = new TestReplica(holding(entries, 1));
      expect(replica.when((core) => core.record(record, replica.now))).to.deep.equal(['dials b:1']);
      replica.when((core) => core.linkUp(5, replica.now));
      const ends = [
        { epoch: 0, last: 0 },
        { epoch: 1, last: 3 },
      ];
      expect(replica.sent).to.deep.equal([{ type: 'join', epoch: 1, member: A, ends }]);
    });

    it('names and keeps who has accepted it, whoever it was sent to before and however the record changes', () => {
      const replica = new TestReplica({ ...holding(entries, 1), id: 'c' }, { address: C.address });
      replica.when((core) => core.record(recordOf(2, 2, B, B, C), replica.now));
      replica.when((core) => core.linkUp(5, replica.now));
      // It does not lead yet, and names the one that is gone.
      const elsewhere = { type: 'elsewhere', epoch: 1, leader: A.address };
      expect(replica.when((core) => core.receive(5, elsewhere, replica.now))).to.include('dials a:1');
      expect(replica.when((core) => core.undialled(A.address, replica.now))).to.deep.equal(['dials b:1']);
      replica.when((core) => core.linkUp(6, replica.now));
      const lead = { type: 'lead', epoch: 2, configuration: recordOf(2, 2, B, B, C), after: 3 };
      replica.when((core) => core.receive(6, lead, replica.now));
      expect(replica.core.status.leader).to.equal(B.address);
      const changed = { type: 'changed', epoch: 2, configuration: recordOf(3, 2, B, B, C, A) };
      expect(replica.when((core) => core.receive(6, changed, replica.now))).to.deep.equal([]);
    });

    it('cuts off what the leader does not have', () => {
      const replica = following(2);
      replica.flush();
      expect(replica.writes).to.deep.include({ kind: 'truncate', after: 2 });
      expect(replica.heard().at(-1)).to.equal('acknowledges 2 to 5');
    });

    it('acknowledges an entry when it is flushed', () => {
      const replica = following(3);
      const [next] = entriesOf(1, [4], entries[2]);
      replica.heard();
      expect(replica.when((core) => core.receive(5, append([next!.line], 3), replica.now))).to.deep.equal(['writes 4']);
      replica.flush();
      expect(replica.heard()).to.deep.equal(['acknowledges 4 to 5']);
      expect(replica.core.status.position).to.equal(3);
    });

    it('applies what is committed when the leader does not wait for its disk, or when much waits', () => {
      const replica = following(3);
      replica.flush();
      const more = entriesOf(1, Array(100).fill(4), entries[2]).map(({ line }) => line);
      const position = (lines: readonly string[], committed: number): number => {
        replica.when((core) => core.receive(5, append(lines, committed), replica.now));
        return replica.core.status.position;
      };
      expect(position(more.slice(0, 98), 3)).to.equal(0);
      replica.flush();
      expect(replica.core.status.position).to.equal(3);
      expect(position(more.slice(98, 99), 66)).to.equal(3);
      expect(position(more.slice(99), 67)).to.equal(67);
    });

    it('writes a later epoch down before it acknowledges anything of it', () => {
      const replica = following(3, 2);
      replica.when((core) => core.receive(5, append([], 3, 1, 2), replica.now));
      expect(replica.writes).to.deep.include({ kind: 'marks', marks: { epoch: 2, tried: 1, known: record } });
      expect(replica.sent.filter(({ type }) => type === 'ack')).to.deep.equal([]);
      replica.flush();
      expect(replica.heard()).to.include('acknowledges 3 to 5');
    });

    it('follows no leader of an epoch that is over', () => {
      const replica = new TestReplica(holding(entries, 4), { contact: 'b:1' });
      expect(replica.when(() => {})).to.deep.equal(['dials b:1']);
      replica.when((core) => core.linkUp(5, replica.now));
      const lead = { type: 'lead', epoch: 3, configuration: { ...record, epoch: 3 }, after: 1 };
      const said = replica.when((core) => core.receive(5, lead, replica.now));
      expect(said).to.include('says stale to 5').and.include('hangs up 5');
      expect(said).to.not.include('cuts off what is behind 1');
    });

    it('takes no line that does not follow on its last', () => {
      const replica = following(3);
      const [, wrong] = entriesOf(1, [4, 5], entries[2]);
      const said = replica.when((core) => core.receive(5, append([wrong!.line], 3), replica.now));
      expect(said).to.include('hangs up 5').and.not.include('writes 5');
    });

    it('begins anew when what it has applied is not in the log of the leader', () => {
      const replica = following(3);
      replica.flush();
      replica.when((core) => core.receive(5, append([], 3), replica.now));
      expect(replica.core.status.position).to.equal(3);
      replica.when((core) => core.linkDown(5, replica.now));
      replica.when((core) => core.linkUp(6, replica.now));
      const lead = { type: 'lead', epoch: 1, configuration: record, after: 2 };
      expect(replica.when((core) => core.receive(6, lead, replica.now))).to.include('begins anew');
    });

    it('begins anew when its state differs from that of the leader', () => {
      const replica = new TestReplica(holding(entries, 1), { hashEvery: 3 });
      replica.when((core) => core.record(record, replica.now));
      replica.when((core) => core.linkUp(5, replica.now));
      replica.when((core) => core.receive(5, { type: 'lead', epoch: 1, configuration: record, after: 3 }, replica.now));
      const told = { ...append([], 3), hash: { index: 3, hash: 'another' } };
      expect(replica.when((core) => core.receive(5, told, replica.now))).to.include('begins anew');
    });

    it('sends writers to the leader', () => {
      expect(following(3).write(7, 9)).to.include('tells 7 to ask b:1');
    });

    it('answers reads when it has applied what it may have applied before it was started again', () => {
      const replica = following(3);
      expect(replica.read(7)).to.not.include('answers 7 []');
      replica.flush();
      replica.heard();
      expect(replica.when((core) => core.receive(5, append([], 3), replica.now))).to.include('answers 7 [1,2,3]');
    });

    it('lets a read wait for the position that it names', () => {
      const replica = following(3);
      replica.flush();
      replica.when((core) => core.receive(5, append([], 3), replica.now));
      replica.slowDisk = false;
      expect(replica.read(7, 4)).to.deep.equal([]);
      const [next] = entriesOf(1, [4], entries[2]);
      expect(replica.when((core) => core.receive(5, append([next!.line], 4), replica.now))).to.include(
        'answers 7 [1,2,3,4]',
      );
    });

    it('takes over when the leader has no session: hangs up, and changes the record with the next epoch, without it', () => {
      const replica = following(3);
      replica.slowDisk = false;
      replica.flush();
      replica.when((core) => core.linkDown(5, replica.now));
      replica.heard();
      expect(replica.when((core) => core.alive([A], replica.now))).to.deep.equal([
        'dials nobody',
        'marks epoch 1, tried 2',
        'proposes 3: epoch 2 of a, a in sync',
      ]);
      expect(replica.when((core) => core.changed('done', replica.now))).to.include('writes 4');
      expect(replica.core.status).to.deep.include({ role: 'leader', epoch: 2, position: 4 });
    });

    it('acknowledges nothing from the moment it tries', () => {
      const replica = following(3);
      const [next] = entriesOf(1, [4], entries[2]);
      replica.when((core) => core.receive(5, append([next!.line], 3), replica.now));
      replica.when((core) => core.alive([A], replica.now));
      expect(replica.pass(3500)).to.include('hangs up 5');
      replica.flush();
      expect(replica.heard().filter((said) => said.startsWith('acknowledges'))).to.deep.equal([]);
    });

    it('leaves alone a leader that it hears, for as long as a session lasts', () => {
      const replica = following(3);
      replica.slowDisk = false;
      replica.flush();
      replica.when((core) => core.alive([A], replica.now));
      for (let i = 1; i <= 5; i++) {
        expect(replica.pass(500).join()).to.not.include('proposes');
        replica.when((core) => core.receive(5, append([], 3, i), replica.now));
      }
      expect(replica.pass(600).join()).to.include('proposes 3');
    });

    it('does not take over when it is not in sync, or has no session', () => {
      const outsider = new TestReplica(holding(entries, 1));
      outsider.when((core) => core.session(true, outsider.now));
      outsider.when((core) => core.record(recordOf(2, 1, B, B, C), outsider.now));
      outsider.when((core) => core.alive([A], outsider.now));
      expect(outsider.pass(20_000).join()).to.not.include('proposes');
      const lonely = new TestReplica(holding(entries, 1));
      lonely.when((core) => core.record(record, lonely.now));
      expect(lonely.pass(20_000).join()).to.not.include('proposes');
    });
  });

  describe('that was started again', () => {
    const entries = entriesOf(1, [1, 2]);

    it('leads only by a change of the record, in a new epoch, though the record names it', () => {
      const replica = new TestReplica(holding(entries, 1));
      replica.when((core) => core.session(true, replica.now));
      replica.when((core) => core.alive([A, B], replica.now));
      const said = replica.when((core) => core.record(recordOf(2, 1, A, A, B), replica.now));
      expect(said).to.include('proposes 3: epoch 2 of a, a+b in sync');
      expect(replica.write(7, 3)).to.deep.equal(['tells 7 to ask undefined']);
    });

    it('begins anew when its state is ahead of its log', () => {
      const before = new TestReplica().found();
      before.write(7, 1);
      const machineAhead = before.machine;
      const replica = new TestReplica();
      Object.defineProperty(replica.machine, 'applied', { value: machineAhead.applied });
      expect(replica.when((core) => core.start(replica.now))).to.deep.equal(['begins anew']);
    });

    it('ends when its log was damaged and it alone was in sync', () => {
      const replica = new TestReplica({ ...EMPTY, former: 'x' });
      const alone = { id: 'x', address: 'a:1' };
      expect(replica.when((core) => core.record(recordOf(2, 1, alone, alone), replica.now))).to.include('ends');
      expect(replica.ending?.reason).to.equal(
        'the log was damaged, and no other replica was in sync: bring the folder back, or force another (store takeover --force)',
      );
    });

    it('joins as a new member when its log was damaged and another was in sync', () => {
      const replica = new TestReplica({ ...EMPTY, former: 'x' });
      const said = replica.when((core) => core.record(recordOf(2, 1, B, B, { id: 'x', address: 'a:1' }), replica.now));
      expect(said).to.include('dials b:1');
      expect(replica.core.status.role).to.equal('joining');
    });
  });

  describe('that an operator forces', () => {
    it('leads though it is not in sync, and the record says that it was forced', () => {
      const replica = new TestReplica(holding(entriesOf(1, [1]), 1));
      replica.when((core) => core.session(true, replica.now));
      replica.when((core) => core.alive([A], replica.now));
      replica.when((core) => core.record(recordOf(2, 1, B, B), replica.now));
      expect(replica.when((core) => core.force(7, replica.now))).to.include(
        'proposes 3: epoch 2 of a, a in sync, forced',
      );
      expect(replica.when((core) => core.changed('done', replica.now))).to.include('answers 7 null');
      expect(replica.core.status).to.deep.include({ role: 'leader', forced: true });
    });

    it('does not, when it leads already or does not know the record', () => {
      const unaware = new TestReplica();
      expect(unaware.when((core) => core.force(7, unaware.now)).join()).to.include('refuses 7');
      const leader = new TestReplica().found();
      expect(leader.when((core) => core.force(7, leader.now))).to.deep.equal(['refuses 7: this replica leads already']);
    });
  });
});
