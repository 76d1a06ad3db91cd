/** The limits that a servent keeps when nobody says otherwise, how rates become limits, and what limits may be. */

import type { Cidr } from '../shared/address-classes';
import { checkBoolean, checkList, checkObject, checkRange, shown } from '../shared/checks';
import { parseIp } from '../shared/endpoint';
import { usageError } from '../shared/errors';
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

/** The highest rate: more a second than any machine sends. */
export const RATE_MAX = 1e9;

const ADDRESS_MAX = 0xffff_ffff;

/** Checks defences that a library's caller gives: whole ones, for a limit left out would be no limit. @throws OperatorError `usage` */
export function checkDefences(given: DefenceOptions): DefenceOptions {
  const { publicLimits, privateLimits, strangers, strictNeighbours, allow, dryRun } = given ?? {};
  checkObject('defences', given, Object.keys(DEFENCE_DEFAULTS));
  return {
    publicLimits: checkLimits('defences.publicLimits', publicLimits),
    privateLimits: checkLimits('defences.privateLimits', privateLimits),
    strangers: checkRate('defences.strangers', strangers),
    strictNeighbours: checkBoolean('defences.strictNeighbours', strictNeighbours),
    allow: checkList('defences.allow', allow).map(checkCidr),
    dryRun: checkBoolean('defences.dryRun', dryRun),
  };
}

function checkLimits(name: string, given: AddressLimits): AddressLimits {
  const { questions, answers, bytes } = given ?? {};
  checkObject(name, given, ['questions', 'answers', 'bytes']);
  return {
    questions: checkRate(`${name}.questions`, questions),
    answers: checkRate(`${name}.answers`, answers),
    bytes: checkRate(`${name}.bytes`, bytes),
  };
}

function checkRate(name: string, given: Rate): Rate {
  const { perSecond, burst } = given ?? {};
  checkObject(name, given, ['perSecond', 'burst']);
  return {
    perSecond: checkRange(`${name}.perSecond`, perSecond, { min: 0, max: RATE_MAX }),
    // A day of the highest rate: also a short one outlasts any pause.
    burst: checkRange(`${name}.burst`, burst, { min: 1, max: 86_400 * RATE_MAX }),
  };
}

function checkCidr(given: Cidr): Cidr {
  const { base, mask } = given ?? {};
  checkObject('defences.allow', given, ['base', 'mask']);
  const whole = { min: 0, max: ADDRESS_MAX, integer: true };
  checkRange('the base of defences.allow', base, whole);
  checkRange('the mask of defences.allow', mask, whole);
  if ((base & mask) >>> 0 !== base)
    throw usageError(`expected a base under its mask in defences.allow, got ${shown(given)}`);
  return { base, mask };
}

/** Addresses as `10.0.0.0/8`, or one alone; `name` is the setting's. @throws OperatorError `usage` */
export function cidrOf(word: string, name = 'the addresses'): Cidr {
  const [address = '', length = '32', ...rest] = word.split('/');
  const base = parseIp(address);
  const bits = /^\d{1,2}$/.test(length) ? Number(length) : Number.NaN;
  if (base === undefined || !(bits >= 0 && bits <= 32) || rest.length > 0) {
    throw usageError(`expected addresses such as 10.0.0.0/8 for ${name}, got "${word}"`);
  }
  const mask = bits === 0 ? 0 : (ADDRESS_MAX << (32 - bits)) >>> 0;
  if ((base & mask) >>> 0 !== base) {
    throw usageError(`expected zero bits behind the /${bits} for ${name}, got "${word}"`);
  }
  return { base, mask };
}
