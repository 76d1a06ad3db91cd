import { expect } from 'chai';
import fc from 'fast-check';
import { type Job, retryWaitMs, Schedule, surplus } from '../../../backup/core';
import { seeded } from '../../support/seeded';

const MINUTE = 60_000;
const YEAR = 365 * 24 * 60 * MINUTE;

/** A schedule with a clock of its own: runs end when a test says so. */
class World {
  nowMs = 0;
  wakeMs = Number.POSITIVE_INFINITY;
  readonly begun: { job: Job; atMs: number }[] = [];
  readonly schedule: Schedule;
  readonly out = {
    run: (job: Job): void => void this.begun.push({ job, atMs: this.nowMs }),
    wake: (atMs: number): void => void (this.wakeMs = atMs),
  };

  constructor(parallel = 4) {
    this.schedule = new Schedule(parallel);
  }

  register(job: Job, lastSuccessMs?: number): void {
    this.schedule.register(job, lastSuccessMs, this.nowMs, this.out);
  }

  /** Time goes on to where the schedule wants to be woken. */
  wake(): void {
    this.nowMs = this.wakeMs;
    this.wakeMs = Number.POSITIVE_INFINITY;
    this.schedule.wake(this.nowMs, this.out);
  }

  finish(job: Job, ok: boolean): void {
    this.schedule.finished(job, ok, this.nowMs, this.out);
  }
}

function job(path: string, more: Partial<Job> = {}): Job {
  return { node: 'host:1', path, everyMs: MINUTE, keep: 10, oneAtATime: false, ...more };
}

describe('the schedule', () => {
  it('runs what is registered at once, and then at every turn', () => {
    const world = new World();
    const a = job('a');
    world.register(a);
    for (let turn = 0; turn < 5; turn++) {
      world.finish(a, true);
      world.wake();
    }
    expect(world.begun.map(({ atMs }) => atMs)).to.deep.equal([0, 1, 2, 3, 4, 5].map((turn) => turn * MINUTE));
  });

  it('tries again after 1, 2, 4 ... 60 s until it goes well, and then at the next turn', () => {
    const world = new World();
    const a = job('a', { everyMs: 10 * MINUTE });
    world.register(a);
    const waits: number[] = [];
    for (let failure = 0; failure < 9; failure++) {
      const before = world.nowMs;
      world.finish(a, false);
      world.wake();
      waits.push((world.nowMs - before) / 1000);
    }
    expect(waits).to.deep.equal([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    const before = world.nowMs;
    world.finish(a, true);
    world.wake();
    expect(world.nowMs - before).to.equal(10 * MINUTE);
    expect(retryWaitMs(1000)).to.equal(60_000);
  });

  it('runs what was missed while the server was down once, and counts turns from the last success', () => {
    const world = new World();
    world.nowMs = 100 * MINUTE;
    const a = job('a', { everyMs: 30 * MINUTE });
    world.register(a, 80 * MINUTE);
    expect(world.begun).to.deep.equal([]);
    world.wake();
    expect(world.begun.map(({ atMs }) => atMs)).to.deep.equal([110 * MINUTE]);
    world.nowMs += 95 * MINUTE;
    world.finish(a, true);
    world.wake();
    expect(world.begun.map(({ atMs }) => atMs)).to.deep.equal([110 * MINUTE, 230 * MINUTE]);
  });

  it('never runs more than so many at once, one of each, and one of an agent that can do no more', () => {
    const world = new World(2);
    const [a, b, c] = [job('a', { oneAtATime: true }), job('b', { oneAtATime: true }), job('c', { node: 'other:1' })];
    for (const each of [a, b, c]) world.register(each);
    expect(world.begun.map((run) => run.job.path)).to.deep.equal(['a', 'c']);
    world.finish(c, true);
    expect(world.begun.length).to.equal(2);
    world.finish(a, true);
    expect(world.begun.map((run) => run.job.path)).to.deep.equal(['a', 'c', 'b']);
    world.schedule.runNow('host:1', 'b', world.nowMs, world.out);
    expect(world.begun.length).to.equal(3);
  });

  it('runs nothing that was unregistered, and takes the end of a run that went on', () => {
    const world = new World();
    const a = job('a');
    world.register(a);
    expect(world.schedule.unregister('host:1', 'a')).to.equal(true);
    expect(world.schedule.unregister('host:1', 'a')).to.equal(false);
    world.finish(a, true);
    expect(world.wakeMs).to.equal(Number.POSITIVE_INFINITY);
  });

  it(
    'keeps every turn of a year for twelve jobs, whatever fails',
    seeded((random) => {
      const world = new World(3);
      const jobs = Array.from({ length: 12 }, (_, i) =>
        job(String(i), {
          node: `host${i % 4}:1`,
          everyMs: (30 + random.below(2000)) * MINUTE,
          oneAtATime: i % 3 === 0,
        }),
      );
      const successes = new Map<Job, number>();
      const ends: { job: Job; atMs: number }[] = [];
      for (const each of jobs) world.register(each);
      let taken = 0;
      while (world.nowMs < YEAR) {
        for (; taken < world.begun.length; taken++) {
          const { job: begun, atMs } = world.begun[taken]!;
          ends.push({ job: begun, atMs: atMs + random.below(MINUTE) });
          const running = ends.map((end) => end.job);
          expect(new Set(running).size).to.equal(running.length).and.to.be.at.most(3);
        }
        ends.sort((one, other) => one.atMs - other.atMs);
        if (ends.length > 0 && ends[0]!.atMs <= world.wakeMs) {
          const end = ends.shift()!;
          world.nowMs = Math.max(world.nowMs, end.atMs);
          const ok = random.below(5) > 0;
          if (ok) successes.set(end.job, (successes.get(end.job) ?? 0) + 1);
          world.finish(end.job, ok);
        } else {
          world.wake();
        }
      }
      for (const each of jobs) {
        // A failure and its retries may cost a turn, hardly ever two.
        expect(successes.get(each)).to.be.above((YEAR / each.everyMs) * 0.9);
      }
    }),
  ).timeout(20_000);
});

describe('what goes of the copies', () => {
  it('is all but the latest, and never the last one', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { maxLength: 30 }), fc.integer({ min: 0, max: 20 }), (copies, keep) => {
        const gone = surplus(copies, keep);
        expect([...gone, ...copies.slice(gone.length)]).to.deep.equal(copies);
        expect(copies.length - gone.length).to.equal(Math.min(copies.length, Math.max(1, keep)));
      }),
    );
  });
});
