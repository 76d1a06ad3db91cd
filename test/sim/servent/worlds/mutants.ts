/**
 * Planted bugs: the servent's core with one thing changed, made from its source by replacing text and compiled on the way in. A
 * simulator that does not find them proves nothing by finding no others.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import * as ts from 'typescript';

import type { Parts } from './supervised-workers';

const ROOT = join(__dirname, '..', '..', '..', '..');

/** The files that can be changed. Those know each other's changed selves; all others are the real ones. */
const CHANGEABLE = {
  core: 'servent/core.ts',
  defences: 'servent/defences.ts',
  'seen-queries': 'servent/seen-queries.ts',
  'message-writer': 'shared/wire/overlay/message-writer.ts',
  distribution: 'servent/workers/distribution.ts',
} as const;

interface Change {
  file: keyof typeof CHANGEABLE;
  /** Must stand in the file exactly once. */
  from: string;
  to: string;
}

const core = (from: string, to: string): Change => ({ file: 'core', from, to });
const distribution = (from: string, to: string): Change => ({ file: 'distribution', from, to });
const writer = (from: string, to: string): Change => ({ file: 'message-writer', from, to });

export const MUTANTS: Readonly<Record<string, readonly Change[]>> = {
  'forgets to decrement the ttl': [core('putTtl(datagram, ttl - 1)', 'putTtl(datagram, ttl)')],
  'forwards on the last hop': [core('ttl > 1 && this.#knowsOthersThan', 'ttl > 0 && this.#knowsOthersThan')],
  'forwards to the sender': [
    core('out.forward(datagram, this.#neighbours, from)', 'out.forward(datagram, this.#neighbours, undefined)'),
  ],
  'answers a query again when a higher ttl comes': [
    core("sighting === 'first' ? this.#responseTo(header, datagram) : undefined", 'this.#responseTo(header, datagram)'),
  ],
  'takes seen queries for new ones': [core("if (sighting === 'seen' || (", 'if ((')],
  'does not remember its own query': [
    core('this.#seen.note(query, CLIENT_IP_OFFSET, idEnd, OWN_QUERY_TTL, nowMs);\n    if', 'if'),
  ],
  'takes a ttl above 3 as it comes': [core('Math.min(header.ttl, TTL_MAX)', 'Math.min(header.ttl, 7)')],
  'drops a later copy with a higher ttl': [core("(sighting === 'higher' && this.#literal)", "sighting === 'higher'")],
  'answers RESPONSEs': [
    core("else out.drop('response');", 'else this.#receiveClireq(header, datagram, from, nowMs, out);'),
  ],
  'answers a NUL with another byte': [writer('memory[end++] = NUL', 'memory[end++] = 32')],
  'serves loopback clients of others': [
    core('if (isLoopback(ipOf(client)) && !isLoopback(ipOf(from)))', 'if (isLoopback(ipOf(client)) && false)'),
  ],
  'gives every query the same sequence': [core('(this.#sequence + 1) >>> 0', 'this.#sequence')],
  'lets the sequence grow past 2^32': [
    core('(this.#sequence + 1) >>> 0', 'this.#sequence + 1'),
    core(
      'queries.query(TTL_MAX, client, this.#sequence,',
      'queries.query(TTL_MAX, client, Math.min(this.#sequence, 2 ** 32 - 1),',
    ),
  ],
  'answers the sender and not the client': [core('out.answer(response, client);', 'out.answer(response, from);')],
  'tells queries apart by client and sequence alone': [
    core(
      'this.#seen.note(datagram, CLIENT_IP_OFFSET, header.keyEnd, ttl, nowMs)',
      'this.#seen.note(datagram, CLIENT_IP_OFFSET, header.textAt, ttl, nowMs)',
    ),
  ],
  'tells queries apart by sequence and key alone': [
    core(
      'this.#seen.note(datagram, CLIENT_IP_OFFSET, header.keyEnd, ttl, nowMs)',
      'this.#seen.note(datagram, CLIENT_IP_OFFSET + 6, header.keyEnd, ttl, nowMs)',
    ),
  ],
  'serves clients that cannot be answered': [
    core(
      'const fault = header.read(datagram);',
      "let fault = header.read(datagram);\n    if (fault === 'client-port' || fault === 'client-address') fault = undefined;",
    ),
  ],
  'remembers queries without bound': [
    { file: 'seen-queries', from: 'if (this.#capacity < this.#max) this.#grow();', to: 'this.#grow();' },
    { file: 'seen-queries', from: '      else this.#forgetOldest();\n', to: '' },
    { file: 'seen-queries', from: 'Math.min(this.#capacity * 2, this.#max)', to: 'this.#capacity * 2' },
  ],
  'forgets queries when its memory grows': [
    {
      file: 'seen-queries',
      from: 'for (let entry = 0; entry < this.#count; entry++) this.#chain(entry);',
      to: 'this.#count = 0;',
    },
  ],
  'limits answers by address and port': [
    {
      file: 'defences',
      from: 'const budget = this.#budgetOf(ip, limits, nowMs);\n      if (isOver(limits.answers',
      to: 'const budget = this.#budgetOf(client, limits, nowMs);\n      if (isOver(limits.answers',
    },
  ],
  'does not charge the bytes of answers': [{ file: 'defences', from: 'budget.bytes += bytes;', to: '' }],
  'fills budgets a thousand times too fast': [
    { file: 'defences', from: '(perSecond * elapsedMs) / 1000', to: 'perSecond * elapsedMs' },
  ],
  'loses the last byte of an answer above 200 bytes': [
    writer('if (nul && end < DATAGRAM_MAX)', 'if (end > 200) end--;\n    if (nul && end < DATAGRAM_MAX)'),
  ],
  'gives queries to the worker that their sender chooses': [
    distribution('if (typeOf(datagram) !== QUERY) return', 'if (datagram.length > 0) return'),
  ],
  'scatters the copies of a query over its workers': [
    distribution('return workerOfPort((datagram[CLIENT_PORT_OFFSET]! << 8)', 'return workerOfPort((datagram[3]! << 8)'),
  ],
  'gives a query to the worker that its sequence chooses, and not to who asked it': [
    distribution('datagram[CLIENT_PORT_OFFSET + 1]!, workers', 'datagram[13]!, workers'),
  ],
  'limits each of its workers alone': [core('this.#neighbours, options.budgets', 'this.#neighbours')],
  'says that a limit bites and sends all the same': [
    core(
      'if (refused) return out.drop(refused);\n    const response',
      'if (refused) out.drop(refused);\n    const response',
    ),
  ],
};

/** A servent with these changes. @throws when a text to replace does not stand in its source exactly once */
export function mutantOf(changes: readonly Change[]): Parts {
  const loaded = new Map<string, object>();
  const load = (file: keyof typeof CHANGEABLE): object => {
    const known = loaded.get(file);
    if (known) return known;
    const exports = {};
    loaded.set(file, exports);
    const path = join(ROOT, CHANGEABLE[file]);
    const source = changes.filter((change) => change.file === file).reduce(replaced, readFileSync(path, 'utf8'));
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
      fileName: path,
    });
    const outside = createRequire(path);
    const require = (name: string): unknown => {
      const changed = changeable.find((one) => name.startsWith('.') && basename(name) === one);
      return changed ? load(changed) : outside(name);
    };
    new Function('exports', 'require', outputText)(exports, require);
    return exports;
  };
  const { ServentCore } = load('core') as Pick<Parts, 'ServentCore'>;
  const { workerOf } = load('distribution') as Pick<Parts, 'workerOf'>;
  return { ServentCore, workerOf };
}

const changeable = Object.keys(CHANGEABLE) as (keyof typeof CHANGEABLE)[];

function replaced(source: string, { file, from, to }: Change): string {
  const parts = source.split(from);
  if (parts.length !== 2)
    throw new Error(`expected "${from}" once in ${CHANGEABLE[file]}, found it ${parts.length - 1} times`);
  return parts.join(to);
}
