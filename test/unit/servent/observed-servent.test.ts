import { expect } from 'chai';
import { ServentCore, Workspace } from '../../../servent/core';
import { countingIn, newCounters, total } from '../../../servent/counters';
import { OBSERVED, ObservedServent, type ServentObserver } from '../../../servent/observed-servent';
import type { Outbox, Receiver } from '../../../servent/outbox';
import { formatEndpoint } from '../../../shared/endpoint';
import { ttlOf } from '../../../shared/wire/overlay/header';
import { at, hex, toHex } from '../../support/bytes';
import { CollectingOutbox, clireq, pairsOf, query } from '../../support/servent/test-servent';

const ALICE = at('10.0.0.9:40000');
const LEFT = at('10.0.0.1:5000');
const RIGHT = at('10.0.0.2:5000');

function coreOf(workspace?: Workspace): ServentCore {
  return new ServentCore({
    pairs: pairsOf('ssh 22/tcp'),
    neighbours: [LEFT, RIGHT].map((endpoint) => ({ endpoint, ownIp: undefined })),
    literal: false,
    firstSequence: 7,
    seenMax: 100,
    seenAgeMs: 1000,
    hashKey: [1, 2],
    ...(workspace ? { workspace } : {}),
  });
}

/** A core of bad manners, which does so with each datagram. */
function deciding(decide: (out: Outbox) => void): ObservedServent {
  const core: Receiver = { receive: (_datagram, _from, _nowMs, out) => decide(out) };
  return new ObservedServent(core, []);
}

describe('an observed servent', () => {
  it('tells what is received, then each effect, then how it was handled, before the effects are done', () => {
    const told: string[] = [];
    const observer: ServentObserver = {
      received: (datagram, from, nowMs) => told.push(`${nowMs} ${toHex(datagram)} from ${formatEndpoint(from)}`),
      answered: (response, client) => told.push(`answered ${toHex(response)} to ${formatEndpoint(client)}`),
      forwarded: (bytes, neighbour) => told.push(`forwarded ttl ${ttlOf(bytes)} to ${formatEndpoint(neighbour)}`),
      dropped: (reason, from) => told.push(`dropped ${reason} from ${formatEndpoint(from)}`),
      handled: (how) => told.push(how),
      sendFailed: (code, to) => told.push(`${code} to ${formatEndpoint(to)}`),
    };
    const servent = new ObservedServent(coreOf(), [observer, {}]);
    const out = new CollectingOutbox();
    servent.receive(query('ssh'), LEFT, 5, out);
    servent.receive(query('ssh'), LEFT, 6, out);
    servent.sendFailed('EPERM', RIGHT);
    expect(told.map((line) => line.replace(/[0-9a-f]{20,}/, '...'))).to.deep.equal([
      '5 ... from 10.0.0.1:5000',
      'answered ... to 10.0.0.9:40000',
      'forwarded ttl 2 to 10.0.0.2:5000',
      'both',
      '6 ... from 10.0.0.1:5000',
      'dropped seen from 10.0.0.1:5000',
      'EPERM to 10.0.0.2:5000',
    ]);
    expect(out.prose).to.have.length(3);
    expect(Object.keys(observer)).to.have.members([...OBSERVED]);
  });

  it('is counted so that what is received is handled or dropped', () => {
    const counters = newCounters();
    const servent = new ObservedServent(coreOf(), [countingIn(counters)]);
    const out = new CollectingOutbox();
    const datagrams = [clireq('ssh'), clireq('none'), query('ssh', { ttl: 1 }), hex('0003 61'), hex('beef'), hex('00')];
    for (const datagram of datagrams) servent.receive(datagram, ALICE, 0, out);
    servent.sendFailed('EPERM', LEFT);
    servent.sendFailed('EPERM', LEFT);
    expect(counters.received).to.deep.equal({ CLIREQ: 2, QUERY: 1, RESPONSE: 1, other: 2 });
    expect(counters.handled).to.deep.equal({ answered: 1, forwarded: 1, both: 1 });
    expect(counters.dropped).to.deep.include({ response: 1, 'unknown-type': 1, short: 1 });
    expect(counters).to.deep.include({ answers: 2, queries: 4, sendErrors: { EPERM: 2 } });
    expect(total(counters.received)).to.equal(total(counters.handled) + total(counters.dropped));
  });

  describe('asserts that a datagram has one outcome:', () => {
    const faults: [what: string, decide: (out: Outbox) => void, message: string][] = [
      ['none', () => {}, 'answered, forwarded, both, or dropped'],
      [
        'an answer and a drop',
        (out) => {
          out.answer(hex('000361'), ALICE);
          out.drop('seen');
        },
        'answered, forwarded, both, or dropped',
      ],
      [
        'a forward to nobody',
        (out) => out.forward(query('ssh'), [LEFT], LEFT),
        'answered, forwarded, both, or dropped',
      ],
      [
        'two drops',
        (out) => {
          out.drop('seen');
          out.drop('seen');
        },
        'dropped once',
      ],
      [
        'two answers',
        (out) => {
          out.answer(hex('000361'), ALICE);
          out.answer(hex('000361'), ALICE);
        },
        'answered once',
      ],
    ];
    for (const [what, decide, message] of faults) {
      it(what, () => {
        expect(() => deciding(decide).receive(clireq('ssh'), ALICE, 0, new CollectingOutbox())).to.throw(message);
      });
    }

    it('no effect comes later', () => {
      let kept: Outbox | undefined;
      const servent = deciding((out) => {
        kept = out;
        out.drop('seen');
      });
      servent.receive(clireq('ssh'), ALICE, 0, new CollectingOutbox());
      expect(() => kept!.forward(query('ssh'), [LEFT], undefined)).to.throw('the datagram at hand alone');
    });
  });
});

describe('cores that share a workspace', () => {
  it('take turns', () => {
    const workspace = new Workspace();
    const cores = [coreOf(workspace), coreOf(workspace)];
    for (const core of cores) {
      const out = new CollectingOutbox();
      core.receive(query('ssh'), LEFT, 0, out);
      expect(out.prose).to.have.length(2);
    }
  });

  it('are not called from within an effect, and serve again after such a fault', () => {
    const workspace = new Workspace();
    const [one, other] = [coreOf(workspace), coreOf(workspace)];
    const out = new CollectingOutbox();
    out.answer = () => other.receive(query('ssh'), LEFT, 0, new CollectingOutbox());
    expect(() => one.receive(query('ssh'), LEFT, 0, out)).to.throw('no core is called from within an effect');
    other.receive(query('ssh'), LEFT, 0, new CollectingOutbox());
  });
});
