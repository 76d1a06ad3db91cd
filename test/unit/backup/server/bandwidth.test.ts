import { expect } from 'chai';
import * as fc from 'fast-check';
import { throttleOf } from '../../../../backup/server/bandwidth';

describe('a limit of bandwidth', () => {
  it('lets no more pass than it says, but for a tenth of a second at once, whoever comes when', async () => {
    const bytesPerSecond = 1000;
    const piece = fc.record({ bytes: fc.integer({ min: 1, max: 5000 }), idleMs: fc.integer({ min: 0, max: 3000 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 50 }), async (pieces) => {
        let nowMs = 0;
        const wait = async (ms: number): Promise<void> => void (nowMs += ms);
        const throttle = throttleOf(bytesPerSecond, () => nowMs, wait);
        const passed: { atMs: number; bytes: number }[] = [];
        for (const { bytes, idleMs } of pieces) {
          nowMs += idleMs;
          await throttle(bytes);
          passed.push({ atMs: nowMs, bytes });
        }
        for (let from = 0; from < passed.length; from++) {
          // A piece passes when all of it has; the first of them may have begun before.
          let bytes = 0;
          for (const each of passed.slice(from + 1)) {
            bytes += each.bytes;
            const seconds = (each.atMs - passed[from]!.atMs) / 1000;
            expect(bytes).to.be.at.most(bytesPerSecond * (seconds + 0.1) + 1e-6);
          }
        }
      }),
    );
  });

  it('makes streams wait in the order in which they come, and nobody where there is none', async () => {
    const waits: number[] = [];
    const wait = async (ms: number): Promise<void> => void waits.push(ms);
    const limited = throttleOf(1000, () => 0, wait);
    await Promise.all([limited(600), limited(600), limited(600)]);
    expect(waits).to.deep.equal([500, 1100, 1700]);
    await throttleOf(Number.POSITIVE_INFINITY, () => 0, wait)(1e12);
    expect(waits).to.have.length(3);
  });
});
