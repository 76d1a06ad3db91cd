/**
 * Planted bugs: the store's core with one thing changed, made from its source by replacing text and compiled on the way in. A
 * simulator that does not find them proves nothing by finding no others.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import * as ts from 'typescript';
import { type Build, REAL } from './build';

const STORE = join(__dirname, '..', '..', '..', '..', 'store');

interface Change {
  /** Beneath store/, without its ending. */
  file: string;
  /** Must stand in the file exactly once. */
  from: string;
  to: string;
}

const change = (file: Change['file'], from: string, to: string): Change => ({ file, from, to });

export const MUTANTS: Readonly<Record<string, readonly Change[]>> = {
  'acknowledges what is not flushed': [change('replication/following', ': log.flushed;', ': log.last.index;')],
  'commits what its own disk does not have': [
    change('replication/leading', 'let index = log.flushed;', 'let index = log.last.index;'),
  ],
  'commits without one member in sync': [
    change(
      'replication/leading',
      'for (const { id } of this.#required()) index =',
      'for (const { id } of this.#required().slice(1)) index =',
    ),
  ],
  'removes a follower after it commits without it': [
    change(
      'replication/leading',
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
    change('replication/leading', 'peer.acked >= owed && peer.confirmed > 0', 'peer.acked >= 0'),
  ],
  'commits during a change without those it proposes': [
    change('replication/leading', '...(ballot.proposed?.inSync ?? [])', '...[]'),
    change(
      'replication/leading',
      'const { ballot, self } = this.#replica;\n    const members',
      'const { self } = this.#replica;\n    const members',
    ),
  ],
  'takes a proposal for the record before its outcome is known': [
    change(
      'replication/leading',
      'const members = [...this.#recorded.inSync, ...(ballot.proposed?.inSync ?? [])];',
      'const members = [...(ballot.proposed ?? this.#recorded).inSync];',
    ),
  ],
  'takes an unknown outcome for a refusal': [
    change(
      'replication/ballot',
      "if (outcome === 'refused' && !this.#doubtful) this.#decide(false);",
      "if (outcome !== 'done') this.#decide(false);",
    ),
  ],
  'takes an unknown outcome for success': [
    change('replication/ballot', "if (outcome === 'done') return", "if (outcome !== 'refused') return"),
  ],
  'takes the first reading for the fate of a change in doubt': [
    change('replication/ballot', 'else this.#change();\n  }', 'else this.#decide(false);\n  }'),
  ],
  'does not write the epoch down': [
    change(
      'replication/following',
      'if (epoch > marks.epoch) this.#replica.mark({ epoch });',
      'if (epoch > marks.epoch) this.#replica.marks = { ...marks, epoch };',
    ),
  ],
  'acknowledges before the epoch is on disk': [
    change(
      'replication/following',
      'if (!this.#mayAcknowledge || this.#restoring) return;',
      'if (this.#restoring) return;',
    ),
  ],
  'does not cut off what the leader lacks': [
    change('replication/following', 'if (after < log.last.index) {', 'if (after < log.last.index - 1e9) {'),
  ],
  'cuts off up to what it has applied, not up to what both have': [
    change(
      'replication/leading',
      'const after = log.common(ends);',
      'const after = Math.min(log.last.index, ends.at(-1)!.last);',
    ),
  ],
  'does not check the chain': [
    change(
      'replication/following',
      'parseEntry(entries.at(-1) ?? log.last, line)',
      '({ ...JSON.parse(line), timeUs: Date.parse(JSON.parse(line).time) * 1000, line })',
    ),
  ],
  'does a request twice that is under way': [
    change('replication/leading', 'if (request !== undefined && clients.join(request, token)) return;', ''),
  ],
  'does a request twice that was done': [
    change('replication/leading', 'if (first) return clients.answer', 'if (first && false) return clients.answer'),
  ],
  'calls what was cut off not done': [
    change(
      'replication/following',
      "disk.write({ kind: 'truncate', after });",
      "disk.write({ kind: 'truncate', after });\n      this.#replica.clients.cutOff();",
    ),
    change(
      'replication/clients',
      '  /** Only a leader knows',
      "  cutOff(): void {\n    for (const { tokens } of [...this.#written.values()].flat()) for (const token of tokens) this.answer(token, { kind: 'not-leader', leader: undefined });\n  }\n\n  /** Only a leader knows",
    ),
  ],
  'answers whoever waits at an index, whatever came there': [
    change('replication/clients', 'if (entry.epoch > this.#epoch) this.#begun(entry.epoch, leader);', ''),
    change('replication/clients', 'const isIt = sum === entry.sum;', 'const isIt = sum !== undefined;'),
  ],
  'reads as leader without asking the others': [
    change(
      'replication/leading',
      'const confirmed = this.#confirmed();\n    const { clients',
      'const confirmed = this.#round;\n    const { clients',
    ),
  ],
  'serves before the first entry of its epoch is committed': [
    change('replication/leading', 'return this.#replica.machine.applied.index >= this.#first;', 'return true;'),
  ],
  'applies what is not committed': [
    change(
      'replication/following',
      'this.#replica.apply(Math.min(this.#committed, log.flushed))',
      'this.#replica.apply(log.flushed)',
    ),
  ],
  'applies what is not on its disk': [
    change(
      'replication/following',
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
      'replication/disk',
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
  'forces a takeover and does not mark it': [change('core', '...(forced && { forced }),', '')],
  'tells those that a forced one left behind nothing': [
    change('replication/leading', 'const after = log.common(ends);', 'const after = ends.at(-1)!.last;'),
  ],
  'leads under the identity that its damaged log had': [
    change(
      'core',
      'findIndex(({ id }) => id === self.id) ?? -1;',
      'findIndex(({ id }) => id === self.id || id === this.#former) ?? -1;',
    ),
  ],
  'does not compare states': [
    change('replication/following', 'if (stateHash.hash !== this.#leaderHash.hash)', 'if (this.#turn < 0)'),
  ],
  'answers a pair older than its client has seen': [
    change('dialects/key-value/requests', 'pair.timestamp < held', 'pair.timestamp < held - 3600'),
  ],
  'stamps pairs to the second': [
    change('documents/documents', 'const time = timeUs / 1e6;', 'const time = Math.floor(timeUs / 1e6);'),
  ],
  'takes a form though there is one of its id': [
    change('documents/documents', 'if (before && absent)', 'if (before && absent && options === undefined)'),
    change(
      'documents/documents',
      'given: Document, { absent, stamp, schema }: PutOptions, timeUs: number): Json {',
      'given: Document, options: PutOptions, timeUs: number): Json {\n    const { absent, stamp, schema } = options;',
    ),
  ],
  'forgets what it answered to a request': [
    change('documents/requests', 'this.remember(writer, [request, nowUs, reply]);', ''),
  ],
  'restores documents without the answers to requests': [
    change(
      'documents/restore',
      'this.#requests.remember(',
      'if (this.#collections.length < 0) this.#requests.remember(',
    ),
  ],
  'believes whoever says that it is stale': [
    change('core', '      ballot.ask(now.ms);\n    } else if', '      this.#resign();\n    } else if'),
  ],
};

/** Not the core's but the shell's, that worlds play themselves. */
export const SHELL_MUTANTS: Readonly<Record<string, Partial<Build>>> = {
  'comes back under its old identity though its log is gone': { keepsIdentity: true },
  'lets its log begin behind a state that is not on disk': { forgetsRestored: true },
};

/** What is loaded anew, with all that stands beside it, when something in it is changed. */
const ROOTS = [
  { root: 'core', folder: /^(core$|replication\/)/, part: 'Core', name: 'ReplicaCore' },
  { root: 'documents/documents', folder: /^documents\//, part: 'Machine', name: 'Documents' },
  { root: 'dialects/key-value/requests', folder: /^dialects\/key-value\//, part: 'replyTo', name: 'replyTo' },
] as const;

/** A store with these changes. @throws when a text to replace does not stand in its source exactly once */
export function mutantOf(changes: readonly Change[]): Build {
  const parts = ROOTS.filter(({ folder }) => changes.some(({ file }) => folder.test(file))).map(
    ({ root, folder, part, name }) => [part, loader(changes, folder)(root)[name]],
  );
  return { ...REAL, ...Object.fromEntries(parts) };
}

/** Loads modules of one part of the store, which then know each other's changed selves; all others are the real ones. */
function loader(changes: readonly Change[], folder: RegExp): (file: string) => Record<string, unknown> {
  const loaded = new Map<string, Record<string, unknown>>();
  const load = (file: string): Record<string, unknown> => {
    const known = loaded.get(file);
    if (known) return known;
    const exports = {};
    loaded.set(file, exports);
    const path = join(STORE, `${file}.ts`);
    const source = changes.filter((one) => one.file === file).reduce(replaced, readFileSync(path, 'utf8'));
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
      fileName: path,
    });
    const outside = createRequire(path);
    const require = (name: string): unknown => {
      const beneath = relative(STORE, join(dirname(path), name));
      return name.startsWith('.') && folder.test(beneath) ? load(beneath) : outside(name);
    };
    new Function('exports', 'require', outputText)(exports, require);
    return exports;
  };
  return load;
}

function replaced(source: string, { file, from, to }: Change): string {
  const parts = source.split(from);
  if (parts.length !== 2) throw new Error(`expected "${from}" once in ${file}.ts, found it ${parts.length - 1} times`);
  return parts.join(to);
}
