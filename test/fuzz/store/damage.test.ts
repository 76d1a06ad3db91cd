/** A sample of `npm run damage:store`. */

import { expect } from 'chai';
import { damageLog } from './damage';

describe('a log of 1,000 entries', () => {
  it('cut, or with a bit flipped, serves its longest valid prefix and names the damage', async () => {
    const { cuts, flips } = await damageLog(1000, 61);
    expect(cuts).to.be.greaterThan(3000);
    expect(flips).to.equal(cuts * 8);
  }).timeout(60_000);
});
