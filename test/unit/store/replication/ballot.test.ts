/** The configuration record: what a replica may conclude from outcomes, readings and what it sees, and when it asks. */

import { expect } from 'chai';
import type { Configuration } from '../../../../store/coordination/coordination';
import { Ballot } from '../../../../store/replication/ballot';
import type { Outbox } from '../../../../store/replication/outbox';
import { A, B, C, recordOf } from '../../../support/store/test-replica';

const RETRY_MS = 500;
const NEVER = Number.POSITIVE_INFINITY;

describe('the ballot of a replica', () => {
  it('asks nothing by itself', () => {
    const { ballot, asked } = ballotBox();
    expect([ballot.busy, ballot.nextMs, ballot.absent, ballot.latest]).to.deep.equal([false, NEVER, false, undefined]);
    ballot.wake(1e9);
    expect(asked).to.deep.equal([]);
  });

  it('reads the record at the earliest time at which somebody wanted it, and once', () => {
    const { ballot, asked } = ballotBox();
    ballot.ask(7);
    ballot.ask(9);
    expect([ballot.nextMs, ballot.busy]).to.deep.equal([7, false]);
    ballot.wake(6);
    expect(asked).to.deep.equal([]);
    ballot.wake(7);
    expect([asked, ballot.busy, ballot.nextMs]).to.deep.equal([['reads'], true, NEVER]);
    ballot.wake(1e9);
    expect(asked).to.deep.equal(['reads']);
    ballot.read(recordOf(1, 1, B, B));
    expect([ballot.latest?.version, ballot.busy, ballot.nextMs]).to.deep.equal([1, false, NEVER]);
  });

  it('reads it again after a while when it could not be read', () => {
    const { ballot, asked } = ballotBox();
    ballot.ask(0);
    ballot.wake(0);
    ballot.unreadable(100);
    expect([ballot.busy, ballot.nextMs]).to.deep.equal([false, 100 + RETRY_MS]);
    ballot.wake(100 + RETRY_MS);
    expect(asked).to.deep.equal(['reads', 'reads']);
  });

  it('hears no answer to what it has not asked', () => {
    const { ballot, asked, propose, outcomes } = ballotBox();
    ballot.read(recordOf(1, 1, B, B));
    ballot.unreadable(5);
    ballot.changed('done', 5);
    ballot.changed('unknown', 5);
    expect([ballot.latest, ballot.nextMs, outcomes, asked]).to.deep.equal([undefined, NEVER, [], []]);
    // What it asks for is a change, and so it is no reading that comes back.
    propose(recordOf(1, 1, A, A));
    ballot.unreadable(5);
    ballot.read(recordOf(1, 1, B, B));
    expect([ballot.busy, ballot.nextMs, outcomes, ballot.latest]).to.deep.equal([true, NEVER, [], undefined]);
    ballot.changed('unknown', 0);
    ballot.wake(RETRY_MS);
    ballot.changed('done', 5);
    expect([ballot.busy, outcomes]).to.deep.equal([true, []]);
  });

  it('takes its proposal for the record when the service says that it is', () => {
    const { ballot, asked, propose, outcomes } = ballotBox();
    ballot.seen(undefined);
    const next = recordOf(1, 1, A, A);
    propose(next);
    expect([asked, ballot.busy, ballot.latest]).to.deep.equal([['proposes 1'], true, undefined]);
    ballot.changed('done', 5);
    expect(outcomes).to.deep.equal([true]);
    expect([ballot.latest, ballot.proposed, ballot.busy]).to.deep.equal([next, undefined, false]);
    expect([ballot.absent, ballot.nextMs]).to.deep.equal([false, NEVER]);
  });

  it('does not go back to its own proposal when a later record was seen meanwhile', () => {
    const { ballot, propose, outcomes } = ballotBox();
    propose(recordOf(2, 1, A, A));
    const later = recordOf(3, 2, B, B);
    ballot.seen(later);
    ballot.changed('done', 5);
    expect([outcomes, ballot.latest]).to.deep.equal([[true], later]);
  });

  it('takes a refusal for one, and looks what the record is', () => {
    const { ballot, asked, propose, outcomes } = ballotBox();
    const before = recordOf(1, 1, B, B);
    ballot.seen(before);
    propose(recordOf(2, 2, A, A));
    ballot.changed('refused', 5);
    expect([outcomes, ballot.latest, ballot.proposed, ballot.nextMs]).to.deep.equal([[false], before, undefined, 5]);
    ballot.wake(5);
    expect(asked).to.deep.equal(['proposes 2', 'reads']);
  });

  describe('whose proposal is in doubt', () => {
    const next = recordOf(2, 2, A, A, B);

    /** The outcome of its proposal is unknown, and it reads the record. */
    function inDoubt(proposal = next) {
      const box = ballotBox();
      box.ballot.seen(recordOf(1, 1, B, B, A));
      box.propose(proposal);
      box.ballot.changed('unknown', 100);
      expect([box.ballot.busy, box.ballot.nextMs]).to.deep.equal([true, 100 + RETRY_MS]);
      box.ballot.wake(100 + RETRY_MS);
      expect(box.asked.splice(0)).to.deep.equal(['proposes 2', 'reads']);
      return box;
    }

    it('knows that it was taken when the record is the very same', () => {
      const { ballot, asked, outcomes } = inDoubt();
      ballot.read({ ...next, inSync: [{ ...A }, { ...B }] });
      expect([outcomes, ballot.latest, ballot.busy, asked]).to.deep.equal([[true], next, false, []]);
    });

    const others: [what: string, record: Configuration][] = [
      ['a later version', recordOf(3, 2, A, A, B)],
      ['another epoch', recordOf(2, 3, A, A, B)],
      ['another leader', recordOf(2, 2, B, A, B)],
      ['one more in sync', recordOf(2, 2, A, A, B, C)],
      ['one less in sync', recordOf(2, 2, A, A)],
      ['another in sync', recordOf(2, 2, A, A, C)],
      ['another first in sync', recordOf(2, 2, A, C, B)],
    ];
    for (const [what, record] of others) {
      it(`knows that it was not when the record has ${what}`, () => {
        const { ballot, outcomes } = inDoubt();
        ballot.read(record);
        expect([outcomes, ballot.latest, ballot.busy]).to.deep.equal([[false], record, false]);
      });
    }

    it('proposes the very same again while it may still come to be', () => {
      const { ballot, asked, outcomes } = inDoubt();
      ballot.read(recordOf(1, 1, B, B, A));
      expect([asked, outcomes, ballot.proposed, ballot.busy]).to.deep.equal([['proposes 2'], [], next, true]);
      expect(ballot.nextMs).to.equal(NEVER);
      // Refused now: but the attempt before may have been what changed it.
      ballot.changed('refused', 900);
      expect([outcomes, ballot.proposed, ballot.nextMs]).to.deep.equal([[], next, 900]);
    });

    it('proposes it again where there is no record yet', () => {
      const { ballot, asked, propose, outcomes } = ballotBox();
      propose(recordOf(1, 1, A, A));
      ballot.changed('unknown', 0);
      ballot.wake(RETRY_MS);
      ballot.read(undefined);
      expect([asked, outcomes, ballot.absent]).to.deep.equal([['proposes 1', 'reads', 'proposes 1'], [], true]);
    });

    it('takes a refusal of its next proposal for one again', () => {
      const { ballot, outcomes, propose } = inDoubt();
      ballot.read(recordOf(2, 2, B, B));
      propose(recordOf(3, 3, A, A));
      ballot.changed('refused', 900);
      expect(outcomes).to.deep.equal([false, false]);
    });
  });

  it('knows from what it sees whom to follow, the latest alone, and never whether its proposal was taken', () => {
    const { ballot, propose, outcomes } = ballotBox();
    ballot.seen(undefined);
    expect(ballot.absent).to.equal(true);
    const second = recordOf(2, 1, B, B);
    ballot.seen(second);
    ballot.seen(recordOf(1, 1, C, C));
    ballot.seen(recordOf(2, 1, B, B));
    expect([ballot.latest === second, ballot.absent]).to.deep.equal([true, false]);
    // A watch that tells late: there was a record.
    ballot.seen(undefined);
    expect(ballot.absent).to.equal(false);
    const next = recordOf(3, 2, A, A);
    propose(next);
    ballot.seen(recordOf(3, 2, A, A));
    expect([ballot.latest === second, ballot.busy, outcomes]).to.deep.equal([true, true, []]);
  });
});

function ballotBox() {
  const asked: string[] = [];
  const outcomes: boolean[] = [];
  const out = {
    change: ({ version }: Configuration) => void asked.push(`proposes ${version}`),
    readRecord: () => void asked.push('reads'),
  };
  const ballot = new Ballot(out as unknown as Outbox, RETRY_MS);
  const propose = (next: Configuration): void => ballot.propose(next, (done) => void outcomes.push(done));
  return { ballot, asked, outcomes, propose };
}
