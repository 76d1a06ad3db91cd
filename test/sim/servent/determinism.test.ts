import { expect } from 'chai';
import { exponential } from '../../../simulator/path';
import { generate, graphOfShape } from '../../../topologies/graph/generators';
import { Overlay, traceHash } from '../../support/servent/overlay';

describe('the simulator', () => {
  it('does the same, byte for byte, with the same seed', () => {
    for (let seed = 1; seed <= 20; seed++) expect(traceOf(seed), `seed ${seed}`).to.equal(traceOf(seed));
  });

  it('does something else with every other seed', () => {
    const traces = new Set(Array.from({ length: 20 }, (_, seed) => traceOf(seed)));
    expect(traces).to.have.length(20);
  });
});

/** Everything that happens in a small world with every fault there is. */
function traceOf(seed: number): string {
  const overlay = new Overlay(graphOfShape(generate('small-world', { servents: 30, seed: 5 })))
    .holding('ssh', [3, 4, 9, 20])
    .seed(seed)
    .path({ delay: exponential(20), lossPercent: 5, duplicatePercent: 5, reorderPercent: 5, reorderMs: 100 })
    .with({ bufferMax: 3, serviceMs: 1 });
  const hash = traceHash(overlay);
  const { network } = overlay;
  for (let i = 0; i < 10; i++) network.at(i * 7, () => network.ask({ contact: i, key: Buffer.from('ssh') }));
  network.at(10, () => network.pause(2));
  network.at(50, () => network.resume(2));
  network.at(20, () => network.kill(4));
  network.at(60, () => network.revive(4));
  network.run();
  return hash();
}
