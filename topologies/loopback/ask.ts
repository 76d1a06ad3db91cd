/** Puts questions to a running overlay, several at a time, and tells who answered each. */

import { lookup } from '../../client/lookup';
import { escapeText } from '../../shared/escape';
import type { RunningServent } from './processes';
import type { Question } from './questions';
import { sideBySide } from './side-by-side';

/** A question, and what came of it. */
export interface Finding extends Question {
  /** Names in the topology's order; whoever gave another value than its own name, with that value. */
  answered: string[];
  /** Answers were missing at first. */
  askedAgain: boolean;
}

/** Questions at a time: each may be hundreds of datagrams, all on this machine. */
const ASKING_MAX = 16;
/** A question that is asked again is alone, and waits so many times longer. */
const PATIENCE = 4;

/**
 * Asks all questions. Where answers are missing, the question is asked once more by itself: a busy machine loses datagrams.
 * @param timeoutMs how long each waits for one more answer
 */
export async function askAll(
  questions: readonly Question[],
  running: readonly RunningServent[],
  timeoutMs: number,
  progress: (text: string) => void,
): Promise<Finding[]> {
  const addressOf = new Map(running.map(({ name, address }) => [name, address]));
  const placeOf = new Map(running.map(({ address, name }, place) => [address, { name, place }]));
  const ask = async (question: Question, waitMs: number): Promise<string[]> => {
    const answers: { said: string; place: number }[] = [];
    for await (const { from, value } of lookup(addressOf.get(question.at)!, question.key, { timeoutMs: waitMs })) {
      const { name, place } = placeOf.get(from) ?? { name: from, place: running.length };
      const text = Buffer.from(value).toString();
      answers.push({ said: text === name ? name : `${name} says "${escapeText(text)}"`, place });
    }
    return answers.sort((a, b) => a.place - b.place).map(({ said }) => said);
  };
  let done = 0;
  const findings = await sideBySide(questions, ASKING_MAX, async (question): Promise<Finding> => {
    const answered = await ask(question, timeoutMs);
    progress(`${++done} of ${questions.length} questions asked`);
    return { ...question, answered, askedAgain: false };
  });
  return sideBySide(findings, 1, async (finding) => {
    if (!finding.expected.some((name) => !finding.answered.includes(name))) return finding;
    progress(`asking ${finding.at} for ${finding.key} again`);
    return { ...finding, answered: await ask(finding, PATIENCE * timeoutMs), askedAgain: true };
  });
}

/** Did others answer than were expected? */
export function isWrong({ expected, answered }: Finding): boolean {
  return expected.join(' ') !== answered.join(' ');
}
