import { expect } from 'chai';
import { type Held, type Request, RequestCore, type RequestOptions, type Step } from '../../../kv-client/core';
import { resultLine } from '../../../kv-client/lines';
import type { KeyValueMessage } from '../../../shared/wire/key-value';

const NOTHING = { value: null, key: null, timestamp: null };
const SERVERS = ['a:1', 'b:2', 'c:3'];
const GET: Request = { kind: 'get', key: 'k' };
const PUT: Request = { kind: 'put', key: 'k', value: 'v' };

describe('a request of the key-value client', () => {
  let held: Held;
  beforeEach(() => {
    held = new Map();
  });
  /** Asks with the servers in their order. */
  const begin = (request: Request, options: Partial<RequestOptions> = {}): { core: RequestCore; step: Step } => {
    const given = { servers: SERVERS, held, retry: false, deadlineMs: 60_000, random: () => 0, ...options };
    const core = new RequestCore(request, given);
    return { core, step: core.begin(0) };
  };
  const reply = (method: string, fields: Partial<KeyValueMessage> = {}) =>
    ({ kind: 'reply', reply: { ...NOTHING, method, ...fields } }) as const;
  const got = (timestamp: number) => reply('GET_OK', { value: ['v', timestamp] });

  it('goes to a server chosen at random', () => {
    for (const [random, server] of [
      [0, 'a:1'],
      [0.5, 'b:2'],
      [0.99, 'c:3'],
    ] as const) {
      expect(begin(GET, { random: () => random }).step).to.include({ kind: 'ask', server });
    }
  });

  it('names the last timestamp seen of its key, from PUT_OK and GET_OK alike', () => {
    expect(begin(GET).step)
      .to.have.property('message')
      .that.deep.equals({ ...NOTHING, method: 'GET', key: 'k' });
    begin(PUT).core.heard(reply('PUT_OK', { value: 'v', key: 'k', timestamp: 5 }), 0);
    expect(begin(GET).step).to.have.nested.property('message.value', 5);
    begin(GET).core.heard(got(7), 0);
    expect(begin(GET).step).to.have.nested.property('message.value', 7);
    // A PUT that ends late does not make it forget.
    begin(PUT).core.heard(reply('PUT_OK', { value: 'v', key: 'k', timestamp: 6 }), 0);
    expect(held.get('k')).to.equal(7);
  });

  it('never shows an older value, though it was asked before the newer one was seen', () => {
    const { core } = begin(GET);
    held.set('k', 9);
    expect(core.heard(got(8), 0)).to.deep.equal({ kind: 'done', result: { kind: 'stale', key: 'k', server: 'a:1' } });
  });

  it('takes NULL for a key it has seen as TRY_OTHER_SERVER_OR_LATER, else as not found', () => {
    expect(begin(GET).core.heard(reply('NULL'), 0)).to.have.nested.property('result.kind', 'not-found');
    held.set('k', 1);
    expect(begin(GET).core.heard(reply('NULL'), 0)).to.have.nested.property('result.kind', 'stale');
  });

  it('shows TRY_OTHER_SERVER_OR_LATER; with retry asks the others, then waits and asks again, until the deadline', () => {
    const stale = reply('TRY_OTHER_SERVER_OR_LATER');
    expect(begin(GET).core.heard(stale, 0)).to.have.nested.property('result.kind', 'stale');
    const { core } = begin(GET, { retry: true });
    expect(core.heard(stale, 0)).to.include({ kind: 'ask', server: 'b:2' });
    expect(core.heard(stale, 0)).to.include({ kind: 'ask', server: 'c:3' });
    expect(core.heard(stale, 0)).to.deep.equal({ kind: 'wait', ms: 100 });
    expect(core.begin(100)).to.include({ kind: 'ask', server: 'a:1' });
    expect(core.heard(stale, 60_000)).to.have.nested.property('result.kind', 'stale');
  });

  it('asks another server when one does not answer, and says so', () => {
    const { core } = begin(GET);
    expect(core.heard({ kind: 'lost', reason: 'silence' }, 0)).to.include({ server: 'b:2', after: 'a:1: silence' });
    expect(core.heard({ kind: 'refused', reason: 'nobody' }, 0)).to.include({ server: 'c:3', after: 'b:2: nobody' });
    expect(core.heard({ kind: 'refused', reason: 'nobody' }, 0)).to.deep.equal({
      kind: 'done',
      result: { kind: 'failed', code: 'unreachable', reason: 'c:3: nobody' },
    });
  });

  it('repeats a PUT only when the connection was refused', () => {
    expect(begin(PUT).core.heard({ kind: 'refused', reason: 'nobody' }, 0)).to.include({ kind: 'ask', server: 'b:2' });
    for (const retry of [false, true]) {
      expect(begin(PUT, { retry }).core.heard({ kind: 'lost', reason: 'silence' }, 0)).to.have.nested.property(
        'result.reason',
        'a:1: silence; it may have been done or not',
      );
      expect(begin(PUT, { retry }).core.heard(reply('ERROR', { value: 'no' }), 0)).to.have.nested.property(
        'result.reason',
        'a:1: no',
      );
    }
  });

  it('takes what is no reply to it for a failure', () => {
    expect(begin(PUT).core.heard(reply('GET_OK'), 0)).to.have.nested.property('result.kind', 'failed');
    expect(begin(PUT).core.heard(reply('PUT_OK'), 0)).to.have.nested.property('result.kind', 'failed');
    for (const value of [null, ['v'], ['v', '1'], [1, 1]]) {
      expect(begin(GET, { servers: ['a:1'] }).core.heard(reply('GET_OK', { value }), 0)).to.have.nested.property(
        'result.kind',
        'failed',
      );
    }
    expect(held.size).to.equal(0);
  });

  it('prints the lines of the definition', () => {
    const lines = (request: Request, ...outcomes: ReturnType<typeof reply>[]): string[] =>
      outcomes.map((outcome) => {
        const step = begin(request).core.heard(outcome, 0);
        return step.kind === 'done' ? resultLine(step.result) : step.kind;
      });
    expect(
      lines(GET, reply('NULL'), got(5.25), got(6), reply('NULL'), reply('TRY_OTHER_SERVER_OR_LATER')),
    ).to.deep.equal([
      'KEY NOT FOUND',
      'GET key: k value: v obtido do servidor a:1, meu timestamp None e do servidor 5.25',
      'GET key: k value: v obtido do servidor a:1, meu timestamp 5.25 e do servidor 6',
      'TRY_OTHER_SERVER_OR_LATER',
      'TRY_OTHER_SERVER_OR_LATER',
    ]);
    expect(lines(PUT, reply('PUT_OK', { value: 'v', key: 'k', timestamp: 7.5 }))).to.deep.equal([
      'PUT_OK key: k value v timestamp 7.5 realizada no servidor a:1',
    ]);
  });
});
