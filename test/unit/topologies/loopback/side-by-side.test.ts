import { expect } from 'chai';
import { sideBySide } from '../../../../topologies/loopback/side-by-side';

const turn = () => new Promise((resume) => setImmediate(resume));

describe('work side by side', () => {
  it('is done for all items, so many at a time, with results in their order', async () => {
    let atWork = 0;
    let most = 0;
    const results = await sideBySide([5, 1, 4, 2, 3], 2, async (turns, index) => {
      most = Math.max(most, ++atWork);
      for (let i = 0; i < turns; i++) await turn();
      atWork--;
      return `${index}:${turns}`;
    });
    expect(results).to.deep.equal(['0:5', '1:1', '2:4', '3:2', '4:3']);
    expect(most).to.equal(2);
  });

  it('begins no further one after a failure', async () => {
    const begun: number[] = [];
    const failing = sideBySide([0, 1, 2, 3, 4], 2, async (item) => {
      begun.push(item);
      await turn();
      if (item === 1) throw new Error('no');
      await turn();
    });
    expect(await failing.catch((error: Error) => error.message)).to.equal('no');
    for (let i = 0; i < 5; i++) await turn();
    expect(begun).to.deep.equal([0, 1]);
  });

  it('begins no further one once the signal is given', async () => {
    const stop = new AbortController();
    const begun: number[] = [];
    const each = async (item: number) => {
      begun.push(item);
      stop.abort();
    };
    const working = sideBySide([0, 1, 2], 1, each, stop.signal);
    expect(await working.catch((error: Error) => error.name)).to.equal('AbortError');
    expect(begun).to.deep.equal([0]);
  });
});
