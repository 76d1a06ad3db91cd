/** Plays cases, so many side by side, each against fresh processes, and gives what became of each. */

import type { Case, CaseName } from './case';
import type { Said } from './exchange';
import { Ground, type Terms } from './ground';
import { NotPlayable, Unmet } from './unmet';

/** What became of a case. */
export interface Verdict extends CaseName {
  outcome: 'held' | 'broken' | 'skipped';
  /** What was expected, where the rule is broken; why it was not played, where it is skipped. */
  expected: string;
  /** What came instead. */
  came: string;
  ms: number;
  /** All that was said, the wall clock's milliseconds since 1970 when the case began, and how much was said beyond what is kept. */
  said: readonly Said[];
  startedAt: number;
  more: number;
  /** What the program printed. */
  printed: string;
}

/** No scene takes as long as this beside the starts of programs; one that holds it up breaks its rule. */
const CASE_MAX_MS = 30_000;
/** In no scene is waited so often for what may take as long as a start. */
const STARTS_MAX = 3;

/** What is broken while this machine stood still for so long, milliseconds, may be its fault: it is played again, so often. */
const STALL_MS = 300;
const PLAYS_MAX = 4;
/** How often is looked whether the machine stands still. */
const LOOK_MS = 50;

/** Plays all cases; `told` hears of each verdict as it comes. Gives them in the order of the cases. */
export async function runCases(
  cases: readonly Case[],
  terms: Terms,
  sideBySide: number,
  told: (verdict: Verdict) => void,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const next = cases.entries();
  const playNext = async (): Promise<void> => {
    for (const [at, one] of next) {
      verdicts[at] = await playUnstalled(one, terms);
      told(verdicts[at]);
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, playNext));
  return verdicts;
}

/** Plays a case, and again where the machine, not the program, may have broken the rule. */
async function playUnstalled(one: Case, terms: Terms): Promise<Verdict> {
  for (let plays = 1; ; plays++) {
    let [last, stalledMs] = [performance.now(), 0];
    const watch = setInterval(() => {
      const now = performance.now();
      stalledMs = Math.max(stalledMs, now - last - LOOK_MS);
      last = now;
    }, LOOK_MS);
    const verdict = await play(one, terms);
    clearInterval(watch);
    if (verdict.outcome !== 'broken' || stalledMs < STALL_MS || plays === PLAYS_MAX) return verdict;
  }
}

async function play(one: Case, terms: Terms): Promise<Verdict> {
  const ground = new Ground(terms);
  const { exchange } = ground;
  let became: Pick<Verdict, 'outcome' | 'expected' | 'came'> = { outcome: 'held', expected: '', came: '' };
  let timer: NodeJS.Timeout | undefined;
  const caseMaxMs = CASE_MAX_MS + STARTS_MAX * terms.startMs;
  try {
    const tooLong = new Promise<never>((_, fail) => {
      const late = new Unmet(`an end within ${caseMaxMs / 1000} s`, 'none');
      timer = setTimeout(() => fail(late), caseMaxMs);
    });
    await Promise.race([one.play(ground), tooLong]);
  } catch (error) {
    if (error instanceof Unmet) became = { outcome: 'broken', expected: error.expected, came: error.came };
    else if (error instanceof NotPlayable) became = { outcome: 'skipped', expected: error.message, came: '' };
    else throw error;
  } finally {
    clearTimeout(timer);
    await ground.end();
  }
  const { id, class: kind, rule } = one;
  const { said, startedAt, more } = exchange;
  return { id, class: kind, rule, ...became, ms: exchange.nowMs(), said, startedAt, more, printed: ground.printed() };
}
