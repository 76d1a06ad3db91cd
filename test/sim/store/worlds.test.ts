import { expect } from 'chai';
import { hunt, traceOfWorld } from './worlds/hunt';

/** Enough to meet every state; `npm run worlds:store` runs more. */
const WORLDS = 3000;
/** Nobody waits for it: however busy the machine, a minute of its work is done within this time. */
const TIMEOUT_MS = 1_800_000;

describe('simulated clusters of the store', () => {
  it(`keep every rule, ${WORLDS} of them, and meet every interesting state`, function () {
    this.timeout(TIMEOUT_MS);
    const { tally, failure } = hunt(1, WORLDS);
    if (failure) expect.fail(`${failure.error.message} in the world of seed ${failure.seed}; again: ${failure.replay}`);
    expect(tally.unmet).to.deep.equal([]);
  });

  it('do the same, message for message, with the same seed', () => {
    const traces = Array.from({ length: 10 }, (_, seed) => traceOfWorld(seed));
    expect(traces).to.deep.equal(Array.from({ length: 10 }, (_, seed) => traceOfWorld(seed)));
    expect(new Set(traces)).to.have.length(10);
  });
});
