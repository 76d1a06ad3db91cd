/** The status of a servent that has heard nothing, for tests of what is made of it. */

import { newCounters } from '../../../servent/counters';
import type { ServentStatus } from '../../../servent/status';

/** Another each time, so that a test may change it. */
export function quietStatus(): ServentStatus {
  return {
    address: '127.0.0.1:5000',
    bound: '0.0.0.0:5000',
    addresses: ['10.0.0.1:5000', '127.0.0.1:5000'],
    advertised: null,
    neighbours: ['10.0.0.2:5000', '10.0.0.3:5000'],
    io: 'batch',
    workers: 1,
    literal: false,
    file: { keys: 431, problems: 3, loadedAtMs: 1_700_000_000_500, stale: false },
    seenMax: 1000,
    ...newCounters(),
    upMs: 1,
    seen: 17,
    keys: 431,
    wouldDrop: {},
    kernelDrops: null,
  };
}
