import { expect } from 'chai';
import { ServentCore } from '../../../servent/core';
import { DEFENCE_DEFAULTS } from '../../../servent/defence-settings';
import type { DropReason, Outbox } from '../../../servent/outbox';
import { ttlOf } from '../../../shared/wire/overlay/header';
import { decode } from '../../../shared/wire/overlay/message';
import { WireError } from '../../../shared/wire/wire-error';
import { at, hex } from '../../support/bytes';
import { pairsOf, query } from '../../support/servent/test-servent';

const NEIGHBOUR = at('10.0.0.1:5000');
const UNLIMITED = { perSecond: 0, burst: 1 };

describe('a servent that hears every', () => {
  // One outbox and one servent for all: what is counted is small, and nothing is kept per datagram.
  let drop: DropReason | undefined;
  let answeredTo = 0;
  let forwardedTtl = 0;
  const out: Outbox = {
    answer: (_response, client) => void (answeredTo = client),
    forward: (query) => void (forwardedTtl = ttlOf(query)),
    drop(reason) {
      drop = reason;
    },
    notice() {},
  };
  const none = { questions: UNLIMITED, answers: UNLIMITED, bytes: UNLIMITED };
  const core = new ServentCore({
    pairs: pairsOf('ssh 22/tcp'),
    neighbours: [
      { endpoint: NEIGHBOUR, ownIp: undefined },
      { endpoint: at('10.0.0.2:5000'), ownIp: undefined },
    ],
    defences: { ...DEFENCE_DEFAULTS, publicLimits: none, privateLimits: none, strangers: UNLIMITED },
    literal: false,
    seenMax: 1000,
    seenAgeMs: 1000,
    firstSequence: 0,
    hashKey: [1, 2],
  });
  const hears = (datagram: Uint8Array, from = NEIGHBOUR): void => {
    drop = undefined;
    answeredTo = forwardedTtl = 0;
    core.receive(datagram, from, 0, out);
    const effects = answeredTo !== 0 || forwardedTtl !== 0;
    if (effects === (drop !== undefined)) expect.fail(`not one outcome of ${Buffer.from(datagram).toString('hex')}`);
  };

  it('type at every length of 0 to 20 answers none but CLIREQ and QUERY, and drops each other for its own reason', () => {
    const bytes = hex('0000 0003 0a000009 9c40 00000001 737368 000000');
    const reasons = new Map<string, number>();
    for (let type = 0; type <= 0xffff; type++) {
      for (let length = 0; length <= bytes.length; length++) {
        bytes.set([type >>> 8, type & 255, 0, 3, 10, 0, 0, 9, 0x9c, 0x40, 0, 0, 0, length], 0);
        const datagram = bytes.subarray(0, length);
        hears(datagram);
        const known = type >= 1 && type <= 3;
        const reason = length < 2 ? 'short' : known ? faultOf(datagram) : 'unknown-type';
        if (reason !== undefined && drop !== reason) expect.fail(`type ${type} of ${length} bytes ends as ${drop}`);
        if (type === 3 && !drop) expect.fail('a RESPONSE has an effect');
        reasons.set(drop ?? 'none', (reasons.get(drop ?? 'none') ?? 0) + 1);
      }
    }
    expect(reasons.get('unknown-type')).to.equal(65_533 * 19);
  });

  it('ttl forwards it as the specification says', () => {
    for (let ttl = 0; ttl <= 0xffff; ttl++) {
      hears(query('none', { ttl, sequence: ttl }));
      if (forwardedTtl !== (ttl < 2 ? 0 : Math.min(ttl, 3) - 1)) expect.fail(`ttl ${ttl} goes on as ${forwardedTtl}`);
    }
  });

  it('client port answers to that port, of a QUERY and of a CLIREQ, and to port 0 never', () => {
    const clireq = hex('0001 737368');
    for (let port = 0; port <= 0xffff; port++) {
      const client = at(`10.0.0.9:${port}`);
      const datagram = hex('0002 0003 0a000009 0000 00000001 737368');
      datagram.set([port >>> 8, port & 255], 8);
      hears(datagram);
      if (answeredTo !== (port === 0 ? 0 : client)) expect.fail(`a QUERY of port ${port} is answered to ${answeredTo}`);
      hears(clireq.slice(), client);
      if (answeredTo !== (port === 0 ? 0 : client))
        expect.fail(`a CLIREQ from port ${port} is answered to ${answeredTo}`);
      if (port === 0 && drop !== 'client-port') expect.fail(`port 0 ends as ${drop}`);
    }
  });
});

function faultOf(datagram: Uint8Array): DropReason | undefined {
  try {
    decode(datagram);
    return undefined;
  } catch (error) {
    if (error instanceof WireError) return error.code as DropReason;
    throw error;
  }
}
