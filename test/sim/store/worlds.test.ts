import { expect } from 'chai';
import { ReplicaCore } from '../../../store/core';
import { hunt, traceOfWorld } from './worlds/hunt';
import { KEEPS_IDENTITY, MUTANTS, mutantOf } from './worlds/mutants';

/** Enough to meet every state; `npm run worlds:store` runs more. */
const WORLDS = 3000;
/** The planted bug that hides best needs some 1,500. */
const WORLDS_A_MUTANT = 6000;

describe('simulated clusters of the store', () => {
  it(`keep every rule, ${WORLDS} of them, and meet every interesting state`, function () {
    this.timeout(300_000);
    const { tally, failure } = hunt(1, WORLDS);
    if (failure) expect.fail(`${failure.error.message} in the world of seed ${failure.seed}; again: ${failure.replay}`);
    expect(tally.unmet).to.deep.equal([]);
  });

  it('do the same, message for message, with the same seed', () => {
    const traces = Array.from({ length: 10 }, (_, seed) => traceOfWorld(seed));
    expect(traces).to.deep.equal(Array.from({ length: 10 }, (_, seed) => traceOfWorld(seed)));
    expect(new Set(traces)).to.have.length(10);
  });

  describe('find a replica that', () => {
    const needed: string[] = [];
    const found = (name: string, Core: typeof ReplicaCore, keepsIdentity: boolean): void => {
      const { failure, worlds } = hunt(1, WORLDS_A_MUTANT, Core, keepsIdentity);
      if (!failure) expect.fail(`${name}: not found in ${worlds} worlds`);
      needed.push(`${String(worlds).padStart(6)}  ${name}: ${failure.error.message.slice(0, 80)}`);
    };

    for (const [name, changes] of Object.entries(MUTANTS)) {
      it(name, function () {
        this.timeout(300_000);
        found(name, mutantOf(changes), false);
      });
    }

    it(KEEPS_IDENTITY, function () {
      this.timeout(300_000);
      found(KEEPS_IDENTITY, ReplicaCore, true);
    });

    after(() => {
      if (process.env['SHOW_MUTANTS']) console.log(['worlds  planted bug: rule that it broke', ...needed].join('\n'));
    });
  });
});
