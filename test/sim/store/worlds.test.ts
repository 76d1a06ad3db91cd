import { expect } from 'chai';
import { hunt } from './worlds/hunt';

/** Enough to meet every state; `npm run worlds:store` runs more. */
const WORLDS = 3000;

describe('simulated clusters of the store', () => {
  it(`keep every rule, ${WORLDS} of them, and meet every interesting state`, function () {
    this.timeout(300_000);
    const { tally, failure } = hunt(1, WORLDS);
    if (failure) expect.fail(`${failure.error.message} in the world of seed ${failure.seed}; again: ${failure.replay}`);
    expect(tally.unmet).to.deep.equal([]);
  });
});
