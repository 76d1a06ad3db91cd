/** Whatever servers answer, and however its requests overlap, a client never shows a value older than one it has shown. */

import { expect } from 'chai';
import * as fc from 'fast-check';
import { type Held, RequestCore, type Step } from '../../../kv-client/core';
import type { KeyValueMessage } from '../../../shared/wire/key-value';

const NOTHING = { value: null, key: null, timestamp: null };
const KEYS = ['k', 'l'];

/** What a server may answer: stale replicas, foreign ones, and those that make no sense. */
const replies: fc.Arbitrary<KeyValueMessage> = fc.oneof(
  fc.nat(9).map((at) => ({ ...NOTHING, method: 'GET_OK', value: ['v', at] })),
  fc.nat(9).map((timestamp) => ({ method: 'PUT_OK', value: 'v', key: 'k', timestamp })),
  fc.constantFrom('NULL', 'TRY_OTHER_SERVER_OR_LATER', 'ERROR', 'GET_OK').map((method) => ({ ...NOTHING, method })),
);

/** One thing that happens: a request begins, or one that is under way hears something. */
const events = fc.oneof(
  fc.record({
    begin: fc.constantFrom<'put' | 'get'>('put', 'get'),
    key: fc.constantFrom(...KEYS),
    retry: fc.boolean(),
  }),
  fc.record({ which: fc.nat(7), reply: replies }),
  fc.record({ which: fc.nat(7), lost: fc.boolean() }),
);

describe('a key-value client', () => {
  it('never reads a timestamp older than it has seen', () => {
    let shown = 0;
    fc.assert(
      fc.property(fc.array(events, { minLength: 20, maxLength: 60 }), (happened) => {
        const held: Held = new Map();
        const seen = new Map<string, number>();
        const open: { core: RequestCore; key: string }[] = [];
        const follow = (step: Step, at: number): void => {
          if (step.kind === 'wait') return follow(open[at]!.core.begin(0), at);
          if (step.kind === 'ask') return;
          const { key } = open.splice(at, 1)[0]!;
          if (step.result.kind !== 'got' && step.result.kind !== 'put') return;
          const { kind, timestamp } = step.result;
          if (kind === 'got') expect(timestamp).to.be.at.least(seen.get(key) ?? 0);
          seen.set(key, Math.max(timestamp, seen.get(key) ?? 0));
          shown++;
        };
        for (const event of happened) {
          if ('begin' in event) {
            const { begin, key, retry } = event;
            const request = begin === 'get' ? { kind: begin, key } : { kind: begin, key, value: 'v' };
            const options = { servers: ['a:1', 'b:2'], held, retry, deadlineMs: 1, random: () => 0 };
            const core = new RequestCore(request, options);
            open.push({ core, key });
            core.begin(0);
          } else if (open.length > 0) {
            const at = event.which % open.length;
            const outcome =
              'reply' in event
                ? ({ kind: 'reply', reply: event.reply } as const)
                : ({ kind: event.lost ? 'lost' : 'refused', reason: 'gone' } as const);
            follow(open[at]!.core.heard(outcome, 0), at);
          }
        }
      }),
      { numRuns: 2000 },
    );
    expect(shown).to.be.greaterThan(1000);
  });
});
