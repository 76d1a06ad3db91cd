import { expect } from 'chai';
import { hunt, traceOfWorld } from './worlds/hunt';
import { MUTANTS, mutantOf } from './worlds/mutants';

/** Enough to meet every state; `npm run worlds` runs more. */
const WORLDS = 2000;
/** The planted bug that hides best needs some 150. */
const WORLDS_A_MUTANT = 2000;

describe('simulated worlds', () => {
  it(`keep every rule, ${WORLDS} of them, and meet every interesting state`, function () {
    this.timeout(60_000);
    const { tally, failure } = hunt(1, WORLDS);
    if (failure) expect.fail(`${failure.error.message} in the world of seed ${failure.seed}; again: ${failure.replay}`);
    expect(tally.unmet).to.deep.equal([]);
  });

  it('do the same, datagram for datagram, with the same seed', () => {
    const traces = Array.from({ length: 20 }, (_, seed) => traceOfWorld(seed));
    expect(traces).to.deep.equal(Array.from({ length: 20 }, (_, seed) => traceOfWorld(seed)));
    expect(new Set(traces)).to.have.length(20);
  });

  describe('find a servent that', () => {
    const needed: string[] = [];
    for (const [name, changes] of Object.entries(MUTANTS)) {
      it(name, function () {
        this.timeout(30_000);
        const { failure, worlds } = hunt(1, WORLDS_A_MUTANT, mutantOf(changes));
        if (!failure) expect.fail(`${name}: not found in ${worlds} worlds`);
        expect(failure.error.name, failure.error.stack).to.be.oneOf([
          'Violation',
          'AssertionError',
          'RangeError',
          'TypeError',
        ]);
        needed.push(`${String(worlds).padStart(6)}  ${name}: ${failure.error.message}`);
      });
    }

    after(() => {
      if (process.env['SHOW_MUTANTS']) console.log(['worlds  planted bug: rule that it broke', ...needed].join('\n'));
    });
  });
});
