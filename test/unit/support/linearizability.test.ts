import { expect } from 'chai';
import { isLinearizable, type Model, type Operation } from '../../support/linearizability';
import { type Draws, seeded } from '../../support/seeded';

type Input = { write: number } | 'read';
type History = Operation<Input, number>[];

const REGISTER: Model<number, Input, number> = {
  initial: 0,
  step: (state, input, output) => {
    if (input !== 'read') return input.write;
    return output === state ? state : undefined;
  },
  key: String,
};

const write = (value: number, callMs: number, returnMs: number): History[number] => ({
  input: { write: value },
  output: returnMs === Number.POSITIVE_INFINITY ? undefined : 0,
  callMs,
  returnMs,
});
const read = (value: number, callMs: number, returnMs: number): History[number] => ({
  input: 'read',
  output: value,
  callMs,
  returnMs,
});
/** A release takes 100,000. */
const HISTORIES = Number(process.env['HISTORIES'] ?? 2000);
const NEVER = Number.POSITIVE_INFINITY;

describe('the linearizability checker', () => {
  const good: Record<string, History> = {
    'nothing at all': [],
    'one after the other': [write(1, 0, 1), read(1, 2, 3)],
    'a read beside a write that sees it': [write(1, 0, 10), read(1, 2, 3)],
    'a read beside a write that does not see it': [write(1, 0, 10), read(0, 2, 3)],
    'a read that sees a write whose outcome nobody knows': [write(1, 0, NEVER), read(1, 5, 6)],
    'reads that never see it': [write(1, 0, NEVER), read(0, 5, 6), read(0, 7, 8)],
    'one that takes effect long after it was given up': [write(1, 0, NEVER), read(0, 5, 6), read(1, 9, 10)],
    'two writes that overlap, in the other order': [write(1, 0, 10), write(2, 1, 9), read(2, 11, 12), read(2, 13, 14)],
    // Figures of Herlihy and Wing's paper, as a register.
    'two readers beside a long write, old then new': [write(1, 0, 100), read(0, 1, 20), read(1, 30, 40)],
  };
  for (const [name, history] of Object.entries(good)) {
    it(`takes ${name}`, () => expect(isLinearizable(history, REGISTER)).to.equal(true));
  }

  const bad: Record<string, History> = {
    'a read of what was never written': [read(7, 0, 1)],
    'a read that does not see a write that had returned': [write(1, 0, 1), read(0, 2, 3)],
    'a read of what is written only later': [read(1, 0, 1), write(1, 2, 3)],
    'a read that goes back behind another': [write(1, 0, 100), read(1, 1, 20), read(0, 30, 40)],
    'a write of unknown outcome that is seen and then not': [write(1, 0, NEVER), read(1, 5, 6), read(0, 7, 8)],
    'one that is seen before it was asked for': [read(1, 0, 1), write(1, 2, NEVER)],
    'two orders of two writes': [write(1, 0, 10), write(2, 0, 10), read(1, 11, 12), read(2, 13, 14)],
  };
  for (const [name, history] of Object.entries(bad)) {
    it(`rejects ${name}`, () => expect(isLinearizable(history, REGISTER)).to.equal(false));
  }

  it(
    `agrees with trying every order, in ${HISTORIES} histories that were right until one result was changed`,
    seeded((random) => {
      let rejected = 0;
      for (let i = 0; i < HISTORIES; i++) {
        const history = historyOf(random, 2 + random.below(5));
        expect(isLinearizable(history, REGISTER)).to.equal(true);
        const reads = history.filter(({ input }) => input === 'read');
        if (reads.length === 0) continue;
        random.pick(reads).output = random.below(4);
        const expected = tryAll(history, REGISTER.initial);
        if (!expected) rejected++;
        expect(isLinearizable(history, REGISTER)).to.equal(expected);
      }
      expect(rejected).to.be.greaterThan(HISTORIES / 20);
    }),
  ).timeout(120_000);
});

/** Operations that take effect one after the other, each called before that and returning after it. */
function historyOf(random: Draws, count: number): History {
  let state = 0;
  return Array.from({ length: count }, (_, i) => {
    const [callMs, returnMs] = [i * 10 - random.below(30), i * 10 + 1 + random.below(30)];
    if (random.below(2) === 0) return read(state, callMs, returnMs);
    state = 1 + random.below(3);
    return write(state, callMs, random.below(5) === 0 ? NEVER : returnMs);
  });
}

/** The plain definition: is there an order? */
function tryAll(rest: History, state: number): boolean {
  if (rest.every(({ returnMs }) => returnMs === NEVER)) return true;
  return rest.some((operation) => {
    const others = rest.filter((other) => other !== operation);
    if (others.some(({ returnMs }) => returnMs < operation.callMs)) return false;
    const next = REGISTER.step(state, operation.input, operation.output);
    return next !== undefined && tryAll(others, next);
  });
}
