/**
 * What keeps a servent from being aimed or starved: who may be answered, and how much each address may ask for and be sent.
 * Decides with the time it is given; holds no clock.
 */

import { LRUCache } from 'lru-cache';
import { type Cidr, isLoopback, isPrivate, isWithin } from '../shared/address-classes';
import { type Endpoint, ipOf } from '../shared/endpoint';

/** Why a defence drops a datagram. */
export const DEFENCE_REASONS = [
  /** The client's address is not among those that may be answered. */
  'not-allowed',
  /** A QUERY from an address that is no neighbour's, where only neighbours are served. */
  'stranger',
  /** Strangers together sent more QUERYs than their budget. */
  'stranger-rate',
  /** More CLIREQs from one address than its budget. */
  'question-rate',
  /** More bytes of CLIREQs from one address than its budget: each goes to every neighbour. */
  'question-bytes',
  /** More answers toward one address than its budget. */
  'answer-rate',
  /** More bytes of answers toward one address than its budget. */
  'answer-bytes',
] as const;

export type DefenceReason = (typeof DEFENCE_REASONS)[number];

/** A token bucket's measure: what flows in a second, and how much may gather. A rate of 0 stands for no limit. */
export interface Rate {
  perSecond: number;
  burst: number;
}

/** What one address may have. Bytes are UDP payload, and their burst holds the longest datagram. */
export interface AddressLimits {
  questions: Rate;
  answers: Rate;
  /** Of questions and of answers, each on its own. */
  bytes: Rate;
}

export interface DefenceOptions {
  /** Of addresses on the public internet. */
  publicLimits: AddressLimits;
  /** Of private addresses: RFC 1918, link-local (RFC 3927), carrier NAT (RFC 6598). Loopback has no limits. */
  privateLimits: AddressLimits;
  /** QUERYs of all strangers together; those on loopback have no limit. */
  strangers: Rate;
  /** Serve QUERYs from neighbours' addresses only. */
  strictNeighbours: boolean;
  /** Who may be answered; empty for everybody. */
  allow: readonly Cidr[];
  /** Only count what would be dropped. */
  dryRun: boolean;
}

/** Where defences say that they have begun to bite. */
export interface NoticeOutbox {
  /** An address is over a limit; said at most once an address and NOTICE_MS. */
  notice(reason: DefenceReason, ip: number): void;
}

/** How long an address over its limits is not spoken of again, milliseconds. */
export const NOTICE_MS = 30_000;

/** Notices about all addresses together: a flood from many must not become a flood of the log. */
const NOTICES: Rate = { perSecond: 1, burst: 10 };

/**
 * Addresses whose budgets are remembered: some 4 MiB. One that is forgotten starts with full buckets again; making the servent
 * forget one takes so many datagrams that a public address's new burst is less than what they cost to send.
 */
export const ADDRESSES_MAX = 16_384;

/** The buckets of one address. */
interface Budget {
  questions: number;
  questionBytes: number;
  answers: number;
  bytes: number;
  /** When they were last filled. */
  atMs: number;
  noticedMs: number;
}

export class Defences {
  /** With dryRun: what would have been dropped. */
  readonly wouldDrop = Object.fromEntries(DEFENCE_REASONS.map((reason) => [reason, 0])) as Record<
    DefenceReason,
    number
  >;
  readonly #options: DefenceOptions;
  /** Bounded by the number of neighbours. */
  readonly #neighbourIps: ReadonlySet<number>;
  /** Bounded by ADDRESSES_MAX; the one not heard of for longest goes first. */
  readonly #budgets = new LRUCache<number, Budget>({
    // A `max` would take its memory at once; in a simulator there are many cores.
    maxSize: ADDRESSES_MAX,
    sizeCalculation: () => 1,
  });
  #strangerTokens: number;
  #strangersAtMs = 0;
  #noticeTokens = NOTICES.burst;
  #noticesAtMs = 0;
  /** With dryRun: would the datagram at hand have been dropped already? Then it takes from no further budget. */
  #spared = false;

  /** Neighbours are known by address: some implementations send from other ports. */
  constructor(options: DefenceOptions, neighbours: Iterable<Endpoint>) {
    this.#options = options;
    this.#neighbourIps = new Set(Array.from(neighbours, ipOf));
    this.#strangerTokens = options.strangers.burst;
  }

  /** May this CLIREQ of so many bytes be served? Takes it from its sender's budget. Gives the reason if not. */
  refuseQuestion(client: Endpoint, bytes: number, nowMs: number, out: NoticeOutbox): DefenceReason | undefined {
    this.#spared = false;
    const ip = ipOf(client);
    if (!this.#isAllowed(ip)) return this.#refuse('not-allowed');
    const limits = this.#limitsOf(ip);
    if (!limits) return undefined;
    const budget = this.#budgetOf(ip, limits, nowMs);
    if (limits.questions.perSecond > 0 && budget.questions < 1) {
      return this.#bite('question-rate', ip, budget, nowMs, out);
    }
    if (limits.bytes.perSecond > 0 && budget.questionBytes < bytes) {
      return this.#bite('question-bytes', ip, budget, nowMs, out);
    }
    budget.questions--;
    budget.questionBytes -= bytes;
    return undefined;
  }

  /** May this QUERY be served? Takes it from the strangers' budget if its sender is one. Gives the reason if not. */
  refuseQuery(from: Endpoint, client: Endpoint, nowMs: number): DefenceReason | undefined {
    this.#spared = false;
    if (!this.#isAllowed(ipOf(client))) return this.#refuse('not-allowed');
    const ip = ipOf(from);
    if (this.#neighbourIps.has(ip)) return undefined;
    if (this.#options.strictNeighbours) return this.#refuse('stranger');
    if (this.#options.strangers.perSecond === 0 || isLoopback(ip)) return undefined;
    this.#strangerTokens = filled(this.#strangerTokens, this.#options.strangers, nowMs - this.#strangersAtMs);
    this.#strangersAtMs = nowMs;
    if (this.#strangerTokens < 1) return this.#refuse('stranger-rate');
    this.#strangerTokens--;
    return undefined;
  }

  /** May a RESPONSE of so many bytes go to this client? Takes it from the client's budget. Gives the reason if not. */
  refuseAnswer(client: Endpoint, bytes: number, nowMs: number, out: NoticeOutbox): DefenceReason | undefined {
    const ip = ipOf(client);
    const limits = this.#limitsOf(ip);
    if (!limits || this.#spared) return undefined;
    const budget = this.#budgetOf(ip, limits, nowMs);
    if (limits.answers.perSecond > 0 && budget.answers < 1) return this.#bite('answer-rate', ip, budget, nowMs, out);
    if (limits.bytes.perSecond > 0 && budget.bytes < bytes) return this.#bite('answer-bytes', ip, budget, nowMs, out);
    budget.answers--;
    budget.bytes -= bytes;
    return undefined;
  }

  #isAllowed(ip: number): boolean {
    const { allow } = this.#options;
    return allow.length === 0 || allow.some((block) => isWithin(ip, block));
  }

  #limitsOf(ip: number): AddressLimits | undefined {
    if (isLoopback(ip)) return undefined;
    return isPrivate(ip) ? this.#options.privateLimits : this.#options.publicLimits;
  }

  /** The buckets of an address, filled up to now. */
  #budgetOf(ip: number, limits: AddressLimits, nowMs: number): Budget {
    const known = this.#budgets.get(ip);
    if (!known) {
      const { questions, answers, bytes } = limits;
      const budget = {
        questions: questions.burst,
        questionBytes: bytes.burst,
        answers: answers.burst,
        bytes: bytes.burst,
        atMs: nowMs,
        noticedMs: -NOTICE_MS,
      };
      this.#budgets.set(ip, budget);
      return budget;
    }
    const elapsedMs = nowMs - known.atMs;
    known.questions = filled(known.questions, limits.questions, elapsedMs);
    known.questionBytes = filled(known.questionBytes, limits.bytes, elapsedMs);
    known.answers = filled(known.answers, limits.answers, elapsedMs);
    known.bytes = filled(known.bytes, limits.bytes, elapsedMs);
    known.atMs = nowMs;
    return known;
  }

  #bite(
    reason: DefenceReason,
    ip: number,
    budget: Budget,
    nowMs: number,
    out: NoticeOutbox,
  ): DefenceReason | undefined {
    if (nowMs - budget.noticedMs >= NOTICE_MS && this.#mayNotice(nowMs)) {
      budget.noticedMs = nowMs;
      out.notice(reason, ip);
    }
    return this.#refuse(reason);
  }

  #mayNotice(nowMs: number): boolean {
    this.#noticeTokens = filled(this.#noticeTokens, NOTICES, nowMs - this.#noticesAtMs);
    this.#noticesAtMs = nowMs;
    if (this.#noticeTokens < 1) return false;
    this.#noticeTokens--;
    return true;
  }

  #refuse(reason: DefenceReason): DefenceReason | undefined {
    if (!this.#options.dryRun) return reason;
    this.wouldDrop[reason]++;
    this.#spared = true;
    return undefined;
  }
}

function filled(tokens: number, { perSecond, burst }: Rate, elapsedMs: number): number {
  return Math.min(burst, tokens + (perSecond * elapsedMs) / 1000);
}
