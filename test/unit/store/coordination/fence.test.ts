import { expect } from 'chai';
import { Fence } from '../../../../store/coordination/fence';
import { VirtualClock } from '../../../support/store/virtual-clock';

describe('the fence', () => {
  let clock: VirtualClock;
  let told: boolean[];
  let fence: Fence;

  beforeEach(() => {
    clock = new VirtualClock();
    told = [];
    fence = new Fence(clock, (held) => told.push(held));
  });

  it('holds nothing at first', () => {
    expect([fence.holds, told]).to.deep.equal([false, []]);
  });

  it('holds until the time given last, and tells both', async () => {
    fence.hold(clock.nowMs() + 1000);
    await clock.pass(600);
    fence.hold(clock.nowMs() + 1000);
    await clock.pass(999);
    expect([fence.holds, told]).to.deep.equal([true, [true]]);
    await clock.pass(1);
    expect([fence.holds, told]).to.deep.equal([false, [true, false]]);
    fence.hold(clock.nowMs() - 1);
    expect(told).to.deep.equal([true, false]);
    fence.hold(clock.nowMs() + 1);
    expect([fence.holds, told]).to.deep.equal([true, [true, false, true]]);
  });

  it('tells that it lapsed when its timer is called early, as those of Node.js are', async () => {
    fence = new Fence(
      { nowMs: () => clock.nowMs(), after: (waitMs, callback) => clock.after(Math.max(waitMs - 1, 1), callback) },
      (held) => told.push(held),
    );
    fence.hold(clock.nowMs() + 1000);
    await clock.pass(1001);
    expect(told).to.deep.equal([true, false]);
  });

  it('tells that it lapsed to one who was paused, before it holds again', async () => {
    fence = new Fence({ nowMs: () => clock.nowMs(), after: () => () => {} }, (held) => told.push(held));
    fence.hold(clock.nowMs() + 1000);
    await clock.pass(1000);
    expect([fence.holds, told]).to.deep.equal([false, [true]]);
    fence.hold(clock.nowMs() + 1000);
    expect(told).to.deep.equal([true, false, true]);
  });

  it('drops what the service says is over, and tells nothing once it is closed', async () => {
    fence.hold(clock.nowMs() + 1000);
    fence.drop();
    expect([fence.holds, told]).to.deep.equal([false, [true, false]]);
    fence.hold(clock.nowMs() + 1000);
    fence.close();
    await clock.pass(2000);
    expect([fence.holds, clock.pending, told]).to.deep.equal([false, 0, [true, false, true]]);
  });
});
