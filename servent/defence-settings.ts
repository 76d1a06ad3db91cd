/** The limits that a servent keeps when nobody says otherwise, and how rates become limits. */

import { DATAGRAM_MAX } from '../shared/wire/writer';
import type { AddressLimits, DefenceOptions, Rate } from './defences';

/** How many seconds' worth of answers may gather: less for a public address. */
const PUBLIC_BURST_SECONDS = 2.5;
const PRIVATE_BURST_SECONDS = 2;

/**
 * By default an address on the public internet is never worth attacking through us, and a scripted client on the local
 * network never notices a limit. Of each two, the first is for public addresses, the second for private ones.
 */
export const ANSWER_RATES = [50, 2000] as const;
export const ANSWER_BYTES = [65_536, 4_194_304] as const;
export const QUESTION_RATES = ANSWER_RATES;
export const STRANGER_RATE = 2000;

export const DEFENCE_DEFAULTS: DefenceOptions = defencesOf(QUESTION_RATES, ANSWER_RATES, ANSWER_BYTES, STRANGER_RATE);

/** Defences of these measures: [public, private] each. */
export function defencesOf(
  questions: readonly [number, number],
  answers: readonly [number, number],
  bytes: readonly [number, number],
  strangers: number,
): DefenceOptions {
  const limitsOf = (place: 0 | 1, burstSeconds: number): AddressLimits => ({
    questions: rateOf(questions[place], burstSeconds),
    answers: rateOf(answers[place], burstSeconds),
    // A second's worth, and room for the longest answer.
    bytes: { perSecond: bytes[place], burst: Math.max(bytes[place], DATAGRAM_MAX) },
  });
  return {
    publicLimits: limitsOf(0, PUBLIC_BURST_SECONDS),
    privateLimits: limitsOf(1, PRIVATE_BURST_SECONDS),
    strangers: rateOf(strangers, PRIVATE_BURST_SECONDS),
    strictNeighbours: false,
    allow: [],
    dryRun: false,
  };
}

function rateOf(perSecond: number, burstSeconds: number): Rate {
  return { perSecond, burst: Math.max(1, perSecond * burstSeconds) };
}
