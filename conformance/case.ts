/** What a case is: one rule of a specification, and a short scene that shows whether a program keeps it. */

import type { Ground } from './ground';

/**
 * What a rule is about. `must`: the protocol itself. `reordering`: cycles, copies, late datagrams. `mixed`: living in one overlay with
 * others. `replication`: several of them as one. `faults`: one of these killed. `survival`: odd, malformed and hostile input, and what the
 * specifications add to the definitions.
 */
export const CASE_CLASSES = ['must', 'reordering', 'mixed', 'replication', 'faults', 'survival'] as const;

export type CaseClass = (typeof CASE_CLASSES)[number];

/** What identifies a case, and what people read of it. */
export interface CaseName {
  /** Specification, section, rule, and which part of it: `overlay 4 QUERY 3 ttl`. */
  id: string;
  class: CaseClass;
  /** The rule in one sentence. */
  rule: string;
}

export interface Case extends CaseName {
  /** Plays the scene. @throws Unmet when the program breaks the rule; NotPlayable where the scene cannot be set here */
  play(ground: Ground): Promise<void>;
}
