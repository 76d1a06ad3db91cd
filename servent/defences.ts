/**
 * What keeps a servent from being aimed or starved: who may be answered, and how much each address may ask for and be sent.
 * Decides with the time it is given; holds no clock.
 */

import { type Cidr, isLoopback, isPrivate, isWithin } from '../shared/address-classes';
import { type Endpoint, ipOf } from '../shared/endpoint';
import { type Budget, type Budgets, type CommonBudget, OwnBudgets } from './budgets';

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

/** What many small fillings lose: a bucket that is full to this is full. */
const ROUNDING = 1e-7;

export class Defences {
  /** With dryRun: what would have been dropped. */
  readonly wouldDrop = Object.fromEntries(DEFENCE_REASONS.map((reason) => [reason, 0])) as Record<
    DefenceReason,
    number
  >;
  readonly #options: DefenceOptions;
  /** Bounded by the number of neighbours. */
  readonly #neighbourIps: ReadonlySet<number>;
  readonly #budgets: Budgets;
  /** With dryRun: would the datagram at hand have been dropped already? Then it takes from no further budget. */
  #spared = false;

  /** Neighbours are known by address: some implementations send from other ports. Budgets are its own, or shared with others. */
  constructor(options: DefenceOptions, neighbours: Iterable<Endpoint>, budgets: Budgets = new OwnBudgets()) {
    this.#options = options;
    this.#neighbourIps = new Set(Array.from(neighbours, ipOf));
    this.#budgets = budgets;
  }

  /** May this CLIREQ of so many bytes be served? Takes it from its sender's budget. Gives the reason if not. */
  refuseQuestion(client: Endpoint, bytes: number, nowMs: number, out: NoticeOutbox): DefenceReason | undefined {
    this.#spared = false;
    const ip = ipOf(client);
    if (!this.#isAllowed(ip)) return this.#refuse('not-allowed');
    const limits = this.#limitsOf(ip);
    if (!limits) return undefined;
    return this.#alone(() => {
      const budget = this.#budgetOf(ip, limits, nowMs);
      if (isOver(limits.questions, budget.questions + 1)) return this.#bite('question-rate', ip, budget, nowMs, out);
      if (isOver(limits.bytes, budget.questionBytes + bytes)) {
        return this.#bite('question-bytes', ip, budget, nowMs, out);
      }
      budget.questions++;
      budget.questionBytes += bytes;
      return undefined;
    });
  }

  /** May this QUERY be served? Takes it from the strangers' budget if its sender is one. Gives the reason if not. */
  refuseQuery(from: Endpoint, client: Endpoint, nowMs: number): DefenceReason | undefined {
    this.#spared = false;
    if (!this.#isAllowed(ipOf(client))) return this.#refuse('not-allowed');
    const ip = ipOf(from);
    if (this.#neighbourIps.has(ip)) return undefined;
    const { strictNeighbours, strangers } = this.#options;
    if (strictNeighbours) return this.#refuse('stranger');
    if (strangers.perSecond === 0 || isLoopback(ip)) return undefined;
    return this.#alone(() =>
      takeOne(this.#budgets.strangers, strangers, nowMs) ? undefined : this.#refuse('stranger-rate'),
    );
  }

  /** May a RESPONSE of so many bytes go to this client? Takes it from the client's budget. Gives the reason if not. */
  refuseAnswer(client: Endpoint, bytes: number, nowMs: number, out: NoticeOutbox): DefenceReason | undefined {
    const ip = ipOf(client);
    const limits = this.#limitsOf(ip);
    if (!limits || this.#spared) return undefined;
    return this.#alone(() => {
      const budget = this.#budgetOf(ip, limits, nowMs);
      if (isOver(limits.answers, budget.answers + 1)) return this.#bite('answer-rate', ip, budget, nowMs, out);
      if (isOver(limits.bytes, budget.bytes + bytes)) return this.#bite('answer-bytes', ip, budget, nowMs, out);
      budget.answers++;
      budget.bytes += bytes;
      return undefined;
    });
  }

  /** Does what reads and changes budgets while nobody else does. */
  #alone(decide: () => DefenceReason | undefined): DefenceReason | undefined {
    this.#budgets.lock();
    try {
      return decide();
    } finally {
      this.#budgets.unlock();
    }
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
    const budget = this.#budgets.of(ip);
    const elapsedMs = nowMs - budget.atMs;
    budget.questions = filled(budget.questions, limits.questions, elapsedMs);
    budget.questionBytes = filled(budget.questionBytes, limits.bytes, elapsedMs);
    budget.answers = filled(budget.answers, limits.answers, elapsedMs);
    budget.bytes = filled(budget.bytes, limits.bytes, elapsedMs);
    budget.atMs = nowMs;
    return budget;
  }

  #bite(
    reason: DefenceReason,
    ip: number,
    budget: Budget,
    nowMs: number,
    out: NoticeOutbox,
  ): DefenceReason | undefined {
    if (nowMs >= budget.quietUntilMs && takeOne(this.#budgets.notices, NOTICES, nowMs)) {
      budget.quietUntilMs = nowMs + NOTICE_MS;
      out.notice(reason, ip);
    }
    return this.#refuse(reason);
  }

  #refuse(reason: DefenceReason): DefenceReason | undefined {
    if (!this.#options.dryRun) return reason;
    this.wouldDrop[reason]++;
    this.#spared = true;
    return undefined;
  }
}

/** Takes one from a bucket of all addresses, if there is one. */
function takeOne(budget: CommonBudget, rate: Rate, nowMs: number): boolean {
  budget.gone = filled(budget.gone, rate, nowMs - budget.atMs);
  budget.atMs = nowMs;
  if (isOver(rate, budget.gone + 1)) return false;
  budget.gone++;
  return true;
}

/** Would so much be more than the bucket held when it was full? */
function isOver({ perSecond, burst }: Rate, gone: number): boolean {
  return perSecond > 0 && gone > burst + ROUNDING;
}

/** What is gone from a bucket after it was filled for so long. */
function filled(gone: number, { perSecond }: Rate, elapsedMs: number): number {
  return Math.max(0, gone - (perSecond * elapsedMs) / 1000);
}
