import { expect } from 'chai';
import { EventQueue } from '../../../simulator/event-queue';
import { seeded } from '../../support/seeded';

describe('the event queue', () => {
  it('has nothing next when it is empty', () => {
    const queue = new EventQueue<string>();
    expect([queue.size, queue.nextMs, queue.pop()]).to.deep.equal([0, Number.POSITIVE_INFINITY, false]);
  });

  it('gives an event back with everything it was put in with', () => {
    const queue = new EventQueue<string>();
    queue.push(2.5, 255, 0xffff_ffff, 2 ** 48 - 1, 65_535, 'last');
    queue.push(1.5, 3, 7, 9, 11, 'first');
    expect(queue.nextMs).to.equal(1.5);
    const popped: unknown[] = [];
    while (queue.pop())
      popped.push([queue.atMs, queue.kind, queue.target, queue.from, queue.word, queue.item, queue.size]);
    expect(popped).to.deep.equal([
      [1.5, 3, 7, 9, 11, 'first', 1],
      [2.5, 255, 0xffff_ffff, 2 ** 48 - 1, 65_535, 'last', 0],
    ]);
  });

  it('gives events of one time in the order they were put in, however many', () => {
    const queue = new EventQueue<number>();
    for (let i = 0; i < 5000; i++) queue.push(i % 3, 0, 0, 0, 0, i);
    const order: number[] = [];
    while (queue.pop()) order.push(queue.item!);
    expect(order).to.deep.equal([...order].sort((one, other) => (one % 3) - (other % 3) || one - other));
    expect(order).to.have.length(5000);
  });

  it(
    'does what sorting a list does, while events come and go and it grows past its first room',
    seeded(({ below }) => {
      const queue = new EventQueue<number>();
      const list: { atMs: number; item: number }[] = [];
      for (let i = 0; i < 20_000; i++) {
        // More come than go at first, then more go than come.
        if (below(10) < (i < 10_000 ? 7 : 3)) {
          const atMs = below(500);
          queue.push(atMs, 0, i, i, i & 0xffff, i);
          list.push({ atMs, item: i });
        } else {
          const next = list.reduce<(typeof list)[number] | undefined>(
            (best, one) => (!best || one.atMs < best.atMs ? one : best),
            undefined,
          );
          expect(queue.pop()).to.equal(next !== undefined);
          if (!next) continue;
          expect([queue.atMs, queue.item, queue.target]).to.deep.equal([next.atMs, next.item, next.item]);
          list.splice(list.indexOf(next), 1);
        }
        if (queue.size !== list.length) expect.fail(`holds ${queue.size} events, expected ${list.length}`);
      }
    }),
  ).timeout(20_000);
});
