import { expect } from 'chai';
import { notLeaderReason, unknownReason } from '../../../shared/wire/documents';
import { type Outcome, RequestCore, type Whereabouts } from '../../../store-client/core';

const LOST: Outcome = { kind: 'lost', reason: 'nothing listens there' };

function ko(reason: string): Outcome {
  return { kind: 'reply', reply: ['ko', reason] };
}

describe("a client's request", () => {
  let whereabouts: Whereabouts;
  let core: RequestCore;
  beforeEach(() => {
    whereabouts = { contacts: ['a', 'b', 'c'], leader: undefined };
    core = new RequestCore(whereabouts, 1000);
  });

  it('asks the contact, and is done with what the store says', () => {
    expect(core.begin(0)).to.deep.equal({ kind: 'ask', address: 'a' });
    const reply = ['ko', 'no such collection'] as const;
    expect(core.heard({ kind: 'reply', reply }, 5)).to.deep.equal({ kind: 'done', reply });
  });

  it('goes to the leader that it is told of', () => {
    core.begin(0);
    expect(core.heard(ko(notLeaderReason('c')), 5)).to.deep.equal({ kind: 'ask', address: 'c' });
    expect(whereabouts.leader).to.equal('c');
    expect(new RequestCore(whereabouts, 1000).begin(0)).to.deep.equal({ kind: 'ask', address: 'c' });
  });

  it('goes also to a leader it has never heard of', () => {
    core.begin(0);
    expect(core.heard(ko(notLeaderReason('z')), 5)).to.deep.equal({ kind: 'ask', address: 'z' });
  });

  it('asks everybody once in a round, then waits, a little longer each time', () => {
    whereabouts.leader = 'b';
    const asked: string[] = [];
    const waits: number[] = [];
    let step = core.begin(0);
    while (waits.length < 5) {
      if (step.kind === 'ask') asked.push(step.address);
      if (step.kind === 'wait') waits.push(step.ms);
      step = step.kind === 'wait' ? core.begin(0) : core.heard(ko(notLeaderReason('b')), 0);
    }
    expect(waits).to.deep.equal([50, 100, 200, 400, 400]);
    expect(asked.slice(0, 6)).to.deep.equal(['b', 'a', 'c', 'b', 'a', 'c']);
  });

  it('forgets a leader that is gone, and asks whoever does not answer last', () => {
    whereabouts.leader = 'a';
    expect(core.begin(0)).to.deep.equal({ kind: 'ask', address: 'a' });
    expect(core.heard(LOST, 5)).to.deep.equal({ kind: 'ask', address: 'b' });
    expect(whereabouts).to.deep.equal({ contacts: ['b', 'c', 'a'], leader: undefined });
  });

  it('asks again when the outcome is not known', () => {
    core.begin(0);
    expect(core.heard(ko(unknownReason('it no longer leads')), 5)).to.deep.equal({ kind: 'ask', address: 'b' });
  });

  it('gives up at its deadline, with what it saw last', () => {
    core.begin(0);
    core.heard(LOST, 999);
    core.heard(LOST, 999);
    expect(core.heard(LOST, 999)).to.deep.equal({ kind: 'wait', ms: 1 });
    core.begin(999.5);
    expect(core.heard(LOST, 1000)).to.deep.equal({ kind: 'give-up', reason: 'a: nothing listens there' });
  });
});
