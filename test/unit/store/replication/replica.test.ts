/** What a replica does in whichever role: applies as much as its state has room for, goes on with long questions, lets go. */

import { expect } from 'chai';
import type { Entry, Operation } from '../../../../store/entry';
import type { Reading, Reply } from '../../../../store/state-machine';
import { A, B, C, EMPTY, recordOf, TestReplica } from '../../../support/store/test-replica';

describe('a replica in any role', () => {
  it('applies nothing while its state has no room, and goes on when it has', () => {
    const leader = new TestReplica().found();
    leader.machine.isFull = true;
    expect(leader.write(7, 1)).to.deep.equal(['writes 2']);
    expect(leader.core.status).to.deep.include({ position: 1, lag: 1 });
    leader.machine.isFull = false;
    expect(leader.when(() => {})).to.deep.equal(['answers 7 1']);
    expect(leader.core.status).to.deep.include({ position: 2, lag: 0 });
  });

  it('applies what may be applied now, and looks on at once for what an entry is to change', () => {
    const leader = new TestReplica().found();
    const { machine } = leader;
    let ready = 1;
    Object.assign(machine, { ready: (entries: readonly Entry[]) => Math.min(ready, entries.length) });
    leader.slowDisk = true;
    leader.write(7, 1);
    leader.write(8, 2);
    ready = 0;
    leader.flush();
    expect([leader.heard(), leader.wakesInMs]).to.deep.equal([[], 0]);
    ready = 1;
    expect(leader.pass(0)).to.deep.equal(['answers 7 1', 'answers 8 2']);
    expect(leader.wakesInMs).to.be.above(0);
  });

  it('keeps the state at every index at which replicas compare theirs', () => {
    const leader = new TestReplica(EMPTY, { hashEvery: 3 }).found();
    leader.join(1, B);
    const hashes = new Map<number, string>();
    for (let token = 1; token <= 6; token++) {
      leader.write(token, token);
      leader.acknowledge(1);
      hashes.set(leader.machine.applied.index, leader.machine.hash());
    }
    leader.pass(10);
    const told = leader.sent.flatMap((said) => (said.type === 'append' && said.hash ? [said.hash] : []));
    expect(told).to.deep.equal([3, 6].map((index) => ({ index, hash: hashes.get(index) })));
  });

  it('knows the latest configuration that it heard of', () => {
    const replica = new TestReplica();
    replica.when((core) => core.record(recordOf(3, 2, B, B), replica.now));
    replica.when((core) => core.linkUp(5, replica.now));
    const lead = { type: 'lead', epoch: 2, configuration: recordOf(2, 2, C, C), after: 0 };
    replica.when((core) => core.receive(5, lead, replica.now));
    expect(replica.core.status.inSync).to.deep.equal([B]);
    expect(replica.writes.at(-1)).to.deep.equal({
      kind: 'marks',
      marks: { epoch: 2, tried: 0, known: recordOf(3, 2, B, B) },
    });
  });

  it('looks for those whom it knew when it was stopped', () => {
    const replica = new TestReplica({ ...EMPTY, marks: { epoch: 2, tried: 0, known: recordOf(3, 2, B, B, A) } });
    expect(replica.when(() => {})).to.deep.equal(['dials b:1']);
  });

  it('ends once', () => {
    const replica = new TestReplica();
    replica.when((core) => core.persistFailed('no space left', replica.now));
    replica.core.start(replica.now);
    expect(replica.when((core) => core.persistFailed('still none', replica.now))).to.deep.equal([]);
    expect(replica.ending).to.deep.equal({ anew: false, reason: 'no space left' });
  });

  describe('that is asked what takes long', () => {
    /** Each reading takes so many pieces; tells those that were given up. */
    function reading(pieces: number, requestMs = 30_000) {
      const replica = new TestReplica(EMPTY, { requestMs }).found();
      const closed: number[] = [];
      let begun = 0;
      const read = (_: Operation): Reply | Reading => {
        const number = ++begun;
        let done = 0;
        return {
          next: () => (++done < pieces ? undefined : ['ok', `found by ${number}`]),
          close: () => void closed.push(number),
        };
      };
      Object.assign(replica.machine, { read });
      return { replica, closed };
    }

    it('goes on with one after the other, a piece at a time', () => {
      const { replica } = reading(2);
      const said = replica.when((core) => {
        core.read(7, ['read', 'list'], 0, replica.now);
        core.read(8, ['read', 'list'], 0, replica.now);
      });
      expect([said, replica.wakesInMs]).to.deep.equal([[], 0]);
      expect(replica.when(() => {})).to.deep.equal([]);
      expect(replica.when(() => {})).to.deep.equal(['answers 7 "found by 1"']);
      expect(replica.when(() => {})).to.deep.equal(['answers 8 "found by 2"']);
      expect(replica.wakesInMs).to.be.above(0);
    });

    it('gives up what nobody waits for any more', () => {
      const { replica, closed } = reading(1e6, 300);
      replica.read(7);
      const later = { ms: replica.now.ms + 300, us: replica.now.us };
      replica.core.settle(later);
      expect(replica.heard()).to.deep.equal(['does not know about 7: not confirmed within 0.3 s']);
      expect(closed).to.deep.equal([]);
      replica.core.settle(later);
      expect(closed).to.deep.equal([1]);
    });

    it('has room for a hundred', () => {
      const { replica, closed } = reading(1e6);
      const said = replica.when((core) => {
        for (let token = 1; token <= 101; token++) core.read(token, ['read', 'list'], 0, replica.now);
      });
      expect([said.length, closed]).to.deep.equal([1, [101]]);
    });
  });
});
