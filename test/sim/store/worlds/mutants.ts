/**
 * Planted bugs: the store's core with one thing changed, made from its source by replacing text and compiled on the way in. A
 * simulator that does not find them proves nothing by finding no others.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import * as ts from 'typescript';
import type { ReplicaCore } from '../../../../store/core';

const STORE = join(__dirname, '..', '..', '..', '..', 'store');

interface Change {
  file: 'core' | 'ballot' | 'clients' | 'disk' | 'following' | 'leading' | 'log' | 'peer' | 'replica';
  /** Must stand in the file exactly once. */
  from: string;
  to: string;
}

const change = (file: Change['file'], from: string, to: string): Change => ({ file, from, to });

export const MUTANTS: Readonly<Record<string, readonly Change[]>> = {
  'acknowledges what is not flushed': [
    change('following', 'const index = log.flushed;', 'const index = log.last.index;'),
  ],
  'commits what its own disk does not have': [
    change('leading', 'let index = log.flushed;', 'let index = log.last.index;'),
  ],
  'commits without one member in sync': [
    change(
      'leading',
      'for (const { id } of this.#required()) index =',
      'for (const { id } of this.#required().slice(1)) index =',
    ),
  ],
  'removes a follower after it commits without it': [
    change(
      'leading',
      'this.#peers.get(id)?.acked ?? -1);',
      'this.#peers.has(id) ? this.#peers.get(id)!.acked : index);',
    ),
  ],
  'leads without being in sync': [
    change('core', 'latest.epoch < marks.epoch || rank < 0 || !isFit', 'latest.epoch < marks.epoch || !isFit'),
  ],
  'leads because the record seems to say so': [
    change(
      'core',
      'if (latest.leader === self.id) return this.#tryAtMs;',
      'if (latest.leader === self.id && !this.#leading) this.#lead(latest);',
    ),
  ],
  'adds a follower that lacks a commit': [
    change('leading', 'peer.acked >= owed && peer.confirmed > 0', 'peer.acked >= 0'),
  ],
  'commits during a change without those it proposes': [
    change('leading', '...(ballot.proposed?.inSync ?? [])', '...[]'),
    change(
      'leading',
      'const { ballot, self } = this.#replica;\n    const members',
      'const { self } = this.#replica;\n    const members',
    ),
  ],
  'takes a proposal for the record before its outcome is known': [
    change(
      'leading',
      'const members = [...this.#recorded.inSync, ...(ballot.proposed?.inSync ?? [])];',
      'const members = [...(ballot.proposed ?? this.#recorded).inSync];',
    ),
  ],
  'takes an unknown outcome for a refusal': [
    change(
      'ballot',
      "if (outcome === 'refused' && !this.#doubtful) this.#decide(false);",
      "if (outcome !== 'done') this.#decide(false);",
    ),
  ],
  'takes an unknown outcome for success': [
    change('ballot', "if (outcome === 'done') return", "if (outcome !== 'refused') return"),
  ],
  'takes the first reading for the fate of a change in doubt': [
    change('ballot', 'else this.#change();\n  }', 'else this.#decide(false);\n  }'),
  ],
  'does not write the epoch down': [
    change(
      'following',
      'if (epoch > marks.epoch) this.#replica.mark({ epoch });',
      'if (epoch > marks.epoch) this.#replica.marks = { ...marks, epoch };',
    ),
  ],
  'acknowledges before the epoch is on disk': [
    change('following', 'if (!this.#mayAcknowledge || this.#restoring) return;', 'if (this.#restoring) return;'),
  ],
  'does not cut off what the leader lacks': [
    change('following', 'if (after < log.last.index) {', 'if (after < log.last.index - 1e9) {'),
  ],
  'cuts off up to what it has applied, not up to what both have': [
    change('leading', 'const after = log.common(ends);', 'const after = Math.min(log.last.index, ends.at(-1)!.last);'),
  ],
  'does not check the chain': [
    change(
      'following',
      'parseEntry(entries.at(-1) ?? log.last, line)',
      '({ ...JSON.parse(line), timeUs: Date.parse(JSON.parse(line).time) * 1000, line })',
    ),
  ],
  'does a request twice that is under way': [
    change('leading', 'if (request !== undefined && clients.join(request, token)) return;', ''),
  ],
  'does a request twice that was done': [
    change('leading', 'if (first) return clients.answer', 'if (first && false) return clients.answer'),
  ],
  'calls what was cut off not done': [
    change(
      'following',
      "disk.write({ kind: 'truncate', after });",
      "disk.write({ kind: 'truncate', after });\n      this.#replica.clients.cutOff();",
    ),
    change(
      'clients',
      '  /** Only a leader knows',
      "  cutOff(): void {\n    for (const { tokens } of [...this.#written.values()].flat()) for (const token of tokens) this.answer(token, { kind: 'not-leader', leader: undefined });\n  }\n\n  /** Only a leader knows",
    ),
  ],
  'answers whoever waits at an index, whatever came there': [
    change('clients', 'const isIt = sum === entry.sum;', 'const isIt = sum !== undefined;'),
  ],
  'reads as leader without asking the others': [
    change(
      'leading',
      'const confirmed = this.#confirmed();\n    const { clients',
      'const confirmed = this.#round;\n    const { clients',
    ),
  ],
  'serves before the first entry of its epoch is committed': [
    change('leading', 'return this.#replica.machine.applied.index >= this.#first;', 'return true;'),
  ],
  'applies what is not committed': [
    change(
      'following',
      'this.#replica.apply(Math.min(this.#committed, log.flushed))',
      'this.#replica.apply(log.flushed)',
    ),
  ],
  'applies what is not on its disk': [
    change(
      'following',
      'this.#replica.apply(Math.min(this.#committed, log.flushed))',
      'this.#replica.apply(Math.min(this.#committed, log.last.index))',
    ),
  ],
  'goes on after a failed write': [
    change(
      'core',
      'if (this.#enter(now)) this.#replica.end({ anew: false, reason });',
      'if (this.#enter(now)) this.#replica.out.note(reason);',
    ),
  ],
  'counts a flush for entries that were cut off meanwhile': [
    change(
      'disk',
      "if (write.kind === 'truncate') for",
      "if (write.kind === 'marks' && write.marks === undefined) for",
    ),
  ],
  'answers old states after a restart': [
    change('core', 'this.#readableFrom = log.last.index;', 'this.#readableFrom = 0;'),
  ],
  'does not wait for the position that a read names': [
    change('core', 'const from = Math.max(atLeast, this.#readableFrom);', 'const from = this.#readableFrom;'),
  ],
  'never leads again after a restart': [
    change(
      'core',
      'if (latest.leader === self.id) return this.#tryAtMs;',
      'if (latest.leader === self.id) return Number.POSITIVE_INFINITY;',
    ),
  ],
  'believes whoever says that it is stale': [
    change('core', '      ballot.ask(now.ms);\n    } else if', '      this.#resign();\n    } else if'),
  ],
};

/** Not the core's: the shell gives a folder that was lost, and is empty now, its old identity again. */
export const KEEPS_IDENTITY = 'comes back under its old identity though its log is gone';

/** The core with these changes. @throws when a text to replace does not stand in its source exactly once */
export function mutantOf(changes: readonly Change[]): typeof ReplicaCore {
  const loaded = new Map<string, object>();
  const load = (path: string): object => {
    const known = loaded.get(path);
    if (known) return known;
    const exports = {};
    loaded.set(path, exports);
    const file = basename(path, '.ts');
    const source = changes.filter((one) => one.file === file).reduce(replaced, readFileSync(path, 'utf8'));
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
      fileName: path,
    });
    const outside = createRequire(path);
    // Those that can be changed know each other's changed selves; all others are the real ones.
    const require = (name: string): unknown =>
      /^\.\/replication\/|^\.\//.test(name) && isChangeable(join(dirname(path), `${name}.ts`))
        ? load(join(dirname(path), `${name}.ts`))
        : outside(name);
    new Function('exports', 'require', outputText)(exports, require);
    return exports;
  };
  return (load(join(STORE, 'core.ts')) as { ReplicaCore: typeof ReplicaCore }).ReplicaCore;
}

function isChangeable(path: string): boolean {
  return dirname(path) === join(STORE, 'replication');
}

function replaced(source: string, { file, from, to }: Change): string {
  const parts = source.split(from);
  if (parts.length !== 2) throw new Error(`expected "${from}" once in ${file}.ts, found it ${parts.length - 1} times`);
  return parts.join(to);
}
