/** Time as the coordination services need it: a clock that all processes of one machine share, and that nobody can set. */

export interface Clock {
  /** Milliseconds since some moment of this boot, the same for every process; never goes back. */
  nowMs(): number;
  /** Calls once after `waitMs`; the function given cancels it. */
  after(waitMs: number, callback: () => void): () => void;
}

/** CLOCK_MONOTONIC on Linux: what `performance.now` gives begins anew with each process. */
export const monotonicClock: Clock = {
  nowMs: () => Number(process.hrtime.bigint()) / 1e6,
  after: (waitMs, callback) => {
    const timer = setTimeout(callback, waitMs);
    return () => clearTimeout(timer);
  },
};
