import { expect } from 'chai';
import { DEFENCE_REASONS } from '../../../servent/defences';
import { DROP_REASONS, type DropReason } from '../../../servent/outbox';
import { encodeClireq } from '../../../shared/wire/overlay/clireq';
import { typeOf } from '../../../shared/wire/overlay/header';
import { decode } from '../../../shared/wire/overlay/message';
import { encodeQuery, QUERY } from '../../../shared/wire/overlay/query';
import { encodeResponse } from '../../../shared/wire/overlay/response';
import { at, hex, latin1, toHex } from '../../support/bytes';
import { malformed } from '../../support/fixtures';
import { datagramMaker, seeded } from '../../support/seeded';
import { PlainServent } from '../../support/servent/plain-servent';
import { clireq, pairsOf, query, TestServent } from '../../support/servent/test-servent';

const ALICE = '10.0.0.9:40000';
const BOB = '10.0.0.8:50000';
const LEFT = '10.0.0.1:5000';
const RIGHT = '10.0.0.2:5000';
const STRANGER = '10.0.0.7:9999';
const LOCAL = '127.0.0.1:40000';

describe('a servent', () => {
  describe('on CLIREQ', () => {
    it('asks every neighbour with a new QUERY of ttl 3 for the client, key text as received', () => {
      const servent = new TestServent({ knows: [LEFT, RIGHT] });
      expect(servent.hears(clireq('ssh'), ALICE)).to.deep.equal([
        `QUERY ssh #7 of ${ALICE}, ttl 3, to ${LEFT}`,
        `QUERY ssh #7 of ${ALICE}, ttl 3, to ${RIGHT}`,
      ]);
    });

    it('builds the QUERY byte for byte as the specification draws it', () => {
      const servent = new TestServent({ knows: [LEFT], firstSequence: 0x01020304 });
      servent.hears(hex('0001 737368'), '192.168.1.254:40000');
      expect(servent.last.sent.map(({ bytes }) => toHex(bytes))).to.deep.equal([
        toHex(hex('0002 0003 c0a801fe 9c40 01020304 737368')),
      ]);
    });

    it('builds the RESPONSE byte for byte as the specification draws it', () => {
      const servent = new TestServent({ holds: 'ssh 22/tcp' });
      servent.hears(hex('0001 737368'), ALICE);
      expect(servent.last.sent.map(({ bytes }) => toHex(bytes))).to.deep.equal([
        toHex(hex('0003 737368 09 32322f746370')),
      ]);
    });

    it('answers the client itself when it holds the key, and asks its neighbours all the same', () => {
      const servent = new TestServent({ holds: 'ssh 22/tcp', knows: [LEFT] });
      expect(servent.hears(clireq('ssh'), ALICE)).to.deep.equal([
        `QUERY ssh #7 of ${ALICE}, ttl 3, to ${LEFT}`,
        `RESPONSE ssh=22/tcp, to ${ALICE}`,
      ]);
    });

    it('answers with the value exactly as it stands in the file', () => {
      const servent = new TestServent({ holds: '\xff\xfe \x80 #\t\x01 \n' });
      expect(servent.hears(clireq('\xff\xfe'), ALICE)).to.deep.equal([`RESPONSE \xff\xfe=\x80 #\t\x01, to ${ALICE}`]);
    });

    it('sends a neighbour that is the client its QUERY too', () => {
      const servent = new TestServent({ knows: [LEFT] });
      expect(servent.hears(clireq('ssh'), LEFT)).to.deep.equal([`QUERY ssh #7 of ${LEFT}, ttl 3, to ${LEFT}`]);
    });

    it('takes a retransmitted CLIREQ for a new one, and answers it again', () => {
      const servent = new TestServent({ holds: 'ssh 22/tcp', knows: [LEFT] });
      servent.hears(clireq('ssh'), ALICE);
      expect(servent.hears(clireq('ssh'), ALICE)).to.deep.equal([
        `QUERY ssh #8 of ${ALICE}, ttl 3, to ${LEFT}`,
        `RESPONSE ssh=22/tcp, to ${ALICE}`,
      ]);
    });

    it('counts the sequence up by one a CLIREQ, whoever asks, and from 2^32 - 1 on to 0', () => {
      const servent = new TestServent({ knows: [LEFT], firstSequence: 2 ** 32 - 2 });
      const heard = [ALICE, BOB, ALICE].map((client) => servent.hears(clireq('ssh'), client)[0]);
      expect(heard).to.deep.equal([
        `QUERY ssh #4294967294 of ${ALICE}, ttl 3, to ${LEFT}`,
        `QUERY ssh #4294967295 of ${BOB}, ttl 3, to ${LEFT}`,
        `QUERY ssh #0 of ${ALICE}, ttl 3, to ${LEFT}`,
      ]);
    });

    it('does not count up the sequence for what it drops', () => {
      const servent = new TestServent({ knows: [LEFT] });
      servent.hears(hex('0001'), ALICE);
      servent.hears(clireq('ssh'), '10.0.0.9:0');
      expect(servent.hears(clireq('ssh'), ALICE)).to.deep.equal([`QUERY ssh #7 of ${ALICE}, ttl 3, to ${LEFT}`]);
    });

    it('has no effect for a query of its own that comes back, whatever its ttl, from wherever, with whatever tail', () => {
      for (const literal of [false, true]) {
        const servent = new TestServent({ holds: 'ssh 22/tcp', knows: [LEFT, RIGHT], literal });
        servent.hears(clireq('ssh'), ALICE);
        for (const ttl of [0, 1, 2, 3, 4, 7, 8, 65_535]) {
          for (const from of [LEFT, RIGHT, STRANGER]) {
            for (const text of ['ssh', 'ssh\0', 'ssh\0tail']) {
              expect(servent.hears(query(text, { ttl, of: ALICE, sequence: 7 }), from)).to.deep.equal(['drop: seen']);
            }
          }
        }
      }
    });

    it('remembers a query of its own under the key up to the NUL', () => {
      const servent = new TestServent({ knows: [LEFT] });
      servent.hears(clireq('ssh\0tail'), ALICE);
      expect(servent.hears(query('ssh', { of: ALICE, sequence: 7 }), LEFT)).to.deep.equal(['drop: seen']);
      expect(servent.hears(query('sshd', { of: ALICE, sequence: 7 }), STRANGER))
        .to.have.length(1)
        .and.not.include('drop: seen');
    });
  });

  describe('on QUERY', () => {
    it('answers straight to the client inside, and forwards to every neighbour but the sender with one hop less', () => {
      const servent = new TestServent({ holds: 'ssh 22/tcp', knows: [LEFT, RIGHT] });
      expect(servent.hears(query('ssh', { ttl: 3, of: ALICE, sequence: 5 }), LEFT)).to.deep.equal([
        `RESPONSE ssh=22/tcp, to ${ALICE}`,
        `QUERY ssh #5 of ${ALICE}, ttl 2, to ${RIGHT}`,
      ]);
    });

    it('says nothing for a key it lacks, and forwards', () => {
      const servent = new TestServent({ holds: 'http 80/tcp', knows: [LEFT, RIGHT] });
      expect(servent.hears(query('ssh', { ttl: 2 }), RIGHT)).to.deep.equal([
        `QUERY ssh #1 of ${ALICE}, ttl 1, to ${LEFT}`,
      ]);
    });

    it('serves a stranger like a neighbour: lists are one-way', () => {
      const servent = new TestServent({ holds: 'ssh 22/tcp', knows: [LEFT, RIGHT] });
      expect(servent.hears(query('ssh'), STRANGER)).to.deep.equal([
        `RESPONSE ssh=22/tcp, to ${ALICE}`,
        `QUERY ssh #1 of ${ALICE}, ttl 2, to ${LEFT}`,
        `QUERY ssh #1 of ${ALICE}, ttl 2, to ${RIGHT}`,
      ]);
    });

    it('takes a neighbour’s address with another port for a stranger', () => {
      const servent = new TestServent({ knows: [LEFT] });
      expect(servent.hears(query('ssh'), '10.0.0.1:5001')).to.deep.equal([
        `QUERY ssh #1 of ${ALICE}, ttl 2, to ${LEFT}`,
      ]);
    });

    const reach: [ttl: number, forwardedTtl: number | undefined][] = [
      [0, undefined],
      [1, undefined],
      [2, 1],
      [3, 2],
      [4, 2],
      [255, 2],
      [256, 2],
      [65_535, 2],
    ];
    for (const [ttl, forwardedTtl] of reach) {
      it(`of ttl ${ttl} is looked up, and ${forwardedTtl ? `goes on with ttl ${forwardedTtl}` : 'goes no further'}`, () => {
        const servent = new TestServent({ holds: 'ssh 22/tcp', knows: [LEFT, RIGHT] });
        const forwarded = forwardedTtl ? [`QUERY ssh #1 of ${ALICE}, ttl ${forwardedTtl}, to ${RIGHT}`] : [];
        expect(servent.hears(query('ssh', { ttl }), LEFT)).to.deep.equal([
          `RESPONSE ssh=22/tcp, to ${ALICE}`,
          ...forwarded,
        ]);
      });
    }

    it('goes on unchanged but for the ttl, with all that stands behind its NUL', () => {
      const servent = new TestServent({ knows: [RIGHT] });
      servent.hears(hex('0002 0003 c0a801fe 9c40 fffefdfc 737368 00 de00ad'), LEFT);
      expect(servent.last.sent.map(({ bytes }) => toHex(bytes))).to.deep.equal([
        toHex(hex('0002 0002 c0a801fe 9c40 fffefdfc 737368 00 de00ad')),
      ]);
    });

    it('is known again by client address, client port, sequence and key, and by nothing else', () => {
      const servent = new TestServent({ knows: [RIGHT] });
      const hears = (datagram: Uint8Array, from = LEFT) => servent.hears(datagram, from)[0]?.startsWith('QUERY');
      const first = { of: ALICE, sequence: 1 };
      expect(hears(query('ssh', first))).to.equal(true);
      expect(hears(query('ssh', { ...first, sequence: 2 }))).to.equal(true);
      expect(hears(query('ssh', { ...first, of: '10.0.0.9:40001' }))).to.equal(true);
      expect(hears(query('ssh', { ...first, of: '10.0.0.10:40000' }))).to.equal(true);
      expect(hears(query('sshd', first))).to.equal(true);
      expect(hears(query('SSH', first))).to.equal(true);
      for (const text of ['ssh', 'ssh\0', 'ssh\0tail']) {
        expect(hears(query(text, first)), text).to.equal(false);
        expect(hears(query(text, first), STRANGER), text).to.equal(false);
      }
    });

    it('already seen is neither answered nor forwarded again', () => {
      const servent = new TestServent({ holds: 'ssh 22/tcp', knows: [LEFT, RIGHT] });
      servent.hears(query('ssh', { ttl: 3 }), LEFT);
      for (const ttl of [3, 2, 1, 0, 4])
        expect(servent.hears(query('ssh', { ttl }), RIGHT)).to.deep.equal(['drop: seen']);
    });

    it('is a new one when its memory has grown too old, or had to make room', () => {
      const servent = new TestServent({ knows: [RIGHT], seenAgeMs: 1000, seenMax: 2 });
      const forwarded = [`QUERY ssh #1 of ${ALICE}, ttl 2, to ${RIGHT}`];
      expect(servent.hears(query('ssh'), LEFT, 0)).to.deep.equal(forwarded);
      expect(servent.hears(query('ssh'), LEFT, 1000)).to.deep.equal(['drop: seen']);
      expect(servent.hears(query('ssh'), LEFT, 1001)).to.deep.equal(forwarded);
      servent.hears(query('a'), LEFT, 1001);
      servent.hears(query('b'), LEFT, 1001);
      expect(servent.hears(query('ssh'), LEFT, 1001)).to.deep.equal(forwarded);
      expect(servent.core.seenCount).to.equal(2);
    });
  });

  describe('on a QUERY already seen that comes with a higher ttl', () => {
    it('forwards once more, and does not answer again', () => {
      const servent = new TestServent({ holds: 'ssh 22/tcp', knows: [LEFT, RIGHT] });
      expect(servent.hears(query('ssh', { ttl: 1 }), LEFT)).to.deep.equal([`RESPONSE ssh=22/tcp, to ${ALICE}`]);
      expect(servent.hears(query('ssh', { ttl: 3 }), RIGHT)).to.deep.equal([
        `QUERY ssh #1 of ${ALICE}, ttl 2, to ${LEFT}`,
      ]);
      expect(servent.hears(query('ssh', { ttl: 3 }), LEFT)).to.deep.equal(['drop: seen']);
    });

    it('forwards at most twice, however the ttl climbs', () => {
      const servent = new TestServent({ knows: [RIGHT] });
      const heard = [0, 1, 2, 2, 3, 4, 5, 65_535].map((ttl) => servent.hears(query('ssh', { ttl }), LEFT)[0]);
      expect(heard).to.deep.equal([
        'drop: expired',
        'drop: seen',
        `QUERY ssh #1 of ${ALICE}, ttl 1, to ${RIGHT}`,
        'drop: seen',
        `QUERY ssh #1 of ${ALICE}, ttl 2, to ${RIGHT}`,
        'drop: seen',
        'drop: seen',
        'drop: seen',
      ]);
    });

    it('does nothing when there is nobody but the sender to forward to', () => {
      const servent = new TestServent({ holds: 'ssh 22/tcp', knows: [LEFT] });
      servent.hears(query('ssh', { ttl: 1 }), LEFT);
      expect(servent.hears(query('ssh', { ttl: 3 }), LEFT)).to.deep.equal(['drop: seen']);
    });

    it('does nothing when it is told to be literal', () => {
      const servent = new TestServent({ knows: [LEFT, RIGHT], literal: true });
      servent.hears(query('ssh', { ttl: 2 }), LEFT);
      expect(servent.hears(query('ssh', { ttl: 3 }), RIGHT)).to.deep.equal(['drop: seen']);
    });
  });

  describe('towards texts that end with a NUL', () => {
    const servent = () => new TestServent({ holds: 'ssh 22/tcp', knows: [LEFT] });

    it('passes the NUL of a CLIREQ on, and ends its RESPONSE with one', () => {
      expect(servent().hears(clireq('ssh\0'), ALICE)).to.deep.equal([
        `QUERY ssh\\0 #7 of ${ALICE}, ttl 3, to ${LEFT}`,
        `RESPONSE ssh=22/tcp\\0, to ${ALICE}`,
      ]);
    });

    it('ends its RESPONSE to a QUERY with a NUL with one', () => {
      expect(servent().hears(query('ssh\0'), LEFT)).to.deep.equal([`RESPONSE ssh=22/tcp\\0, to ${ALICE}`]);
    });

    it('passes on what stands behind the NUL, and answers with one NUL alone', () => {
      expect(servent().hears(clireq('ssh\0\0tail'), ALICE)).to.deep.equal([
        `QUERY ssh\\0\\0tail #7 of ${ALICE}, ttl 3, to ${LEFT}`,
        `RESPONSE ssh=22/tcp\\0, to ${ALICE}`,
      ]);
    });

    it('ends no other RESPONSE with a NUL', () => {
      expect(servent().hears(query('ssh'), LEFT)).to.deep.equal([`RESPONSE ssh=22/tcp, to ${ALICE}`]);
    });

    it('leaves the NUL out of the one RESPONSE that has no room for it: exactly 65,507 bytes', () => {
      for (const [length, expected] of [
        [65_500, 65_507],
        [65_501, 65_507],
      ] as const) {
        const value = 'v'.repeat(length);
        const full = new TestServent({ holds: `key ${value}` });
        full.hears(clireq('key\0'), ALICE);
        const [response] = full.last.sent;
        expect(response?.bytes).to.have.length(expected);
        expect(response?.bytes.at(-1)).to.equal(length === 65_500 ? 0 : 0x76);
        expect(decode(response!.bytes)).to.deep.include({ key: latin1('key'), value: latin1(value) });
      }
    });
  });

  describe('asked from loopback', () => {
    const FAR = { neighbour: LEFT, ownIp: '10.0.0.5' };
    const FARTHER = { neighbour: '192.168.7.1:5000', ownIp: '192.168.7.5' };
    const NEAR = '127.0.0.1:5001';

    it('names its own address towards neighbours that are not on loopback, and the client’s towards those that are', () => {
      const servent = new TestServent({ holds: 'ssh 22/tcp', knows: [NEAR, FAR, '127.0.0.1:5002', FARTHER] });
      expect(servent.hears(clireq('ssh'), LOCAL)).to.deep.equal([
        `QUERY ssh #7 of ${LOCAL}, ttl 3, to ${NEAR}`,
        `QUERY ssh #7 of ${LOCAL}, ttl 3, to 127.0.0.1:5002`,
        `QUERY ssh #7 of 10.0.0.5:40000, ttl 3, to ${LEFT}`,
        `QUERY ssh #7 of 192.168.7.5:40000, ttl 3, to 192.168.7.1:5000`,
        `RESPONSE ssh=22/tcp, to ${LOCAL}`,
      ]);
    });

    it('remembers its query under every address it gave the client', () => {
      const servent = new TestServent({ holds: 'ssh 22/tcp', knows: [NEAR, FAR, FARTHER] });
      servent.hears(clireq('ssh'), LOCAL);
      for (const ip of ['127.0.0.1', '10.0.0.5', '192.168.7.5']) {
        expect(servent.hears(query('ssh', { of: `${ip}:40000`, sequence: 7 }), NEAR), ip).to.deep.equal(['drop: seen']);
      }
      expect(servent.hears(query('ssh', { of: '10.0.0.6:40000', sequence: 7 }), LEFT)[0]).to.include('RESPONSE');
    });

    it('counts the whole of 127.0.0.0/8 as loopback', () => {
      const servent = new TestServent({ knows: [FAR] });
      expect(servent.hears(clireq('ssh'), '127.255.255.254:1')[0]).to.include('of 10.0.0.5:1,');
      expect(servent.hears(clireq('ssh'), '126.255.255.255:1')[0]).to.include('of 126.255.255.255:1,');
      expect(servent.hears(clireq('ssh'), '128.0.0.0:1')[0]).to.include('of 128.0.0.0:1,');
    });

    it('names no address but the client’s for a client that is not on loopback', () => {
      const servent = new TestServent({ knows: [FAR, NEAR] });
      expect(servent.hears(clireq('ssh'), ALICE)).to.deep.equal([
        `QUERY ssh #7 of ${ALICE}, ttl 3, to ${LEFT}`,
        `QUERY ssh #7 of ${ALICE}, ttl 3, to ${NEAR}`,
      ]);
      // Nor is it remembered under another.
      expect(servent.hears(query('ssh', { of: '10.0.0.5:40000', sequence: 7 }), LEFT)).to.have.length(1);
      expect(servent.last.drops).to.deep.equal([]);
    });

    it('serves a QUERY for a loopback client that comes from loopback, and forwards it unchanged', () => {
      const servent = new TestServent({ holds: 'ssh 22/tcp', knows: [NEAR, FAR] });
      expect(servent.hears(query('ssh', { of: LOCAL }), '127.0.0.9:5002')).to.deep.equal([
        `RESPONSE ssh=22/tcp, to ${LOCAL}`,
        `QUERY ssh #1 of ${LOCAL}, ttl 2, to ${NEAR}`,
        `QUERY ssh #1 of ${LOCAL}, ttl 2, to ${LEFT}`,
      ]);
    });

    it('serves a QUERY from loopback for a client that is elsewhere', () => {
      const servent = new TestServent({ holds: 'ssh 22/tcp' });
      expect(servent.hears(query('ssh'), NEAR)).to.deep.equal([`RESPONSE ssh=22/tcp, to ${ALICE}`]);
    });
  });

  describe('asked for a key that fits a CLIREQ and not a QUERY', () => {
    const longest = 'k'.repeat(65_493);

    it('asks its neighbours for one of 65,493 bytes', () => {
      const servent = new TestServent({ knows: [LEFT] });
      servent.hears(clireq(longest), ALICE);
      expect(servent.last.sent.map(({ bytes }) => bytes.length)).to.deep.equal([65_507]);
    });

    for (const length of [65_494, 65_505]) {
      it(`drops one of ${length} bytes that it does not hold, and spends no sequence number on it`, () => {
        const servent = new TestServent({ knows: [LEFT] });
        expect(servent.hears(clireq('k'.repeat(length)), ALICE)).to.deep.equal(['drop: key-too-long']);
        expect(servent.hears(clireq('ssh'), ALICE)).to.deep.equal([`QUERY ssh #7 of ${ALICE}, ttl 3, to ${LEFT}`]);
      });
    }

    it('answers one of 65,494 bytes that it holds, and asks nobody', () => {
      const key = `${longest}k`;
      const servent = new TestServent({ holds: `${key} v`, knows: [LEFT] });
      expect(servent.hears(clireq(key), ALICE)).to.deep.equal([`RESPONSE ${key}=v, to ${ALICE}`]);
    });

    it('asks nobody when the bytes behind the NUL are what does not fit', () => {
      const servent = new TestServent({ holds: 'ssh 22/tcp', knows: [LEFT] });
      expect(servent.hears(clireq(`ssh\0${'x'.repeat(65_490)}`), ALICE)).to.deep.equal([
        `RESPONSE ssh=22/tcp\\0, to ${ALICE}`,
      ]);
    });
  });

  it('answers from its new pairs as soon as they are put in the place of the old ones', () => {
    const servent = new TestServent({ holds: 'ssh old\ntelnet 23/tcp' });
    servent.core.pairs = pairsOf('ssh new');
    expect(servent.hears(clireq('ssh'), ALICE)).to.deep.equal([`RESPONSE ssh=new, to ${ALICE}`]);
    expect(servent.hears(clireq('telnet'), ALICE)).to.deep.equal(['drop: no-neighbour']);
  });

  it('finds __proto__ when it is in the file, and not otherwise', () => {
    expect(new TestServent({ holds: '__proto__ a' }).hears(clireq('__proto__'), ALICE)).to.deep.equal([
      `RESPONSE __proto__=a, to ${ALICE}`,
    ]);
    for (const key of ['__proto__', 'constructor', 'toString']) {
      expect(new TestServent({ holds: 'ssh 22/tcp' }).hears(clireq(key), ALICE)).to.deep.equal(['drop: no-neighbour']);
    }
  });

  describe('drops', () => {
    const cases: [reason: DropReason, what: string, datagram: Uint8Array, from: string][] = [
      ['short', 'a datagram shorter than its header', hex('0002 0003 0a000009'), LEFT],
      ['unknown-type', 'a type it does not know', hex('0004 737368'), LEFT],
      [
        'client-address',
        'a QUERY for a client that cannot be answered',
        hex('0002 0003 e0000001 9c40 00000001 737368'),
        LEFT,
      ],
      ['client-address', 'a CLIREQ from an address that cannot be answered', clireq('ssh'), '0.0.0.0:40000'],
      ['client-port', 'a QUERY for client port 0', hex('0002 0003 0a000009 0000 00000001 737368'), LEFT],
      ['client-port', 'a CLIREQ from port 0', clireq('ssh'), '10.0.0.9:0'],
      ['empty-key', 'an empty key', hex('0001'), ALICE],
      ['response', 'a RESPONSE', encodeResponse({ key: latin1('ssh'), value: latin1('v'), tail: hex('') }), LEFT],
      ['loopback-client', 'a QUERY for a loopback client from elsewhere', query('ssh', { of: LOCAL }), LEFT],
      ['seen', 'a copy of a QUERY already seen', query('before'), LEFT],
      ['expired', 'a QUERY on its last hop for a key it lacks', query('none', { ttl: 1 }), LEFT],
      ['no-neighbour', 'a QUERY for a key it lacks when nobody but the sender is there', query('none'), LEFT],
      ['key-too-long', 'a CLIREQ for a key it lacks, too long for a QUERY', clireq('k'.repeat(65_494)), ALICE],
    ];
    for (const [reason, what, datagram, from] of cases) {
      it(`${what}: ${reason}`, () => {
        const servent = new TestServent({ holds: 'ssh 22/tcp', knows: [LEFT] });
        servent.hears(query('before'), LEFT);
        expect(servent.hears(datagram, from)).to.deep.equal([`drop: ${reason}`]);
      });
    }

    it('a CLIREQ for a key it lacks when it has no neighbour: no-neighbour', () => {
      expect(new TestServent({}).hears(clireq('ssh'), ALICE)).to.deep.equal(['drop: no-neighbour']);
    });

    it('every malformed datagram of the fixtures, and remembers none', () => {
      const servent = new TestServent({ holds: 'ssh 22/tcp\ntcpmux 1/tcp', knows: [LEFT, RIGHT] });
      for (const { name, hex: datagram, code } of malformed) {
        expect(servent.hears(hex(datagram), STRANGER), name).to.deep.equal([`drop: ${code}`]);
      }
      expect(servent.core.seenCount).to.equal(0);
    });

    it('remembers no QUERY that it drops for its loopback client', () => {
      const servent = new TestServent({ holds: 'ssh 22/tcp' });
      servent.hears(query('ssh', { of: LOCAL }), LEFT);
      expect(servent.hears(query('ssh', { of: LOCAL }), LOCAL)).to.deep.equal([`RESPONSE ssh=22/tcp, to ${LOCAL}`]);
    });

    it('for every reason there is but those of the defences', () => {
      const reasons = DROP_REASONS.filter((reason) => !(DEFENCE_REASONS as readonly string[]).includes(reason));
      expect([...new Set(cases.map(([reason]) => reason))]).to.have.members(reasons);
    });
  });

  describe('whatever it hears', () => {
    it(
      'ends every datagram in one outcome, sends nothing but well-formed messages, and changes a QUERY in its ttl alone',
      seeded((random) => {
        const { pick, below } = random;
        const make = datagramMaker(random);
        const servent = new TestServent({
          holds: 'ssh 22/tcp\ntcpmux 1/tcp\na b\n__proto__ v',
          knows: [LEFT, RIGHT, { neighbour: '10.0.0.3:5000', ownIp: '10.0.0.5' }],
          seenMax: 50,
        });
        for (let i = 0; i < 60_000; i++) {
          const datagram = make().slice();
          const from = below(20) === 0 ? '0.0.0.0:0' : pick([ALICE, LEFT, RIGHT, STRANGER, LOCAL]);
          servent.hears(datagram, from, i);
          const { sent, drops } = servent.last;
          const where = `${toHex(datagram)} from ${from}`;
          if (sent.length > 0 ? drops.length !== 0 : drops.length !== 1) expect.fail(`not one outcome of ${where}`);
          for (const { bytes, to } of sent) {
            const message = decode(bytes);
            if (message.type === 'CLIREQ') expect.fail(`sends a CLIREQ for ${where}`);
            if (message.type === 'RESPONSE') continue;
            if (message.ttl < 1 || message.ttl > 3) expect.fail(`sends ttl ${message.ttl} for ${where}`);
            if (typeOf(datagram) !== QUERY) continue;
            if (to === at(from)) expect.fail(`sends back ${where}`);
            if (message.ttl > 2) expect.fail(`forwards without taking a hop from ${where}`);
            const unchanged = datagram.slice();
            unchanged.set(bytes.subarray(2, 4), 2);
            if (toHex(unchanged) !== toHex(bytes)) expect.fail(`changes ${where}`);
          }
        }
      }),
    );

    it(
      'does what a second, plainly written servent does',
      seeded(({ pick, below }) => {
        const ends = [
          ALICE,
          BOB,
          LEFT,
          RIGHT,
          STRANGER,
          LOCAL,
          '127.0.0.2:5001',
          '10.0.0.5:40000',
          '10.0.0.9:0',
          '224.0.0.1:1',
        ];
        const texts = ['ssh', 'ssh\0', 'ssh\0x', 'sshd', 'http', 'http\0', 'ssh\t22/tcp', '\xff', '__proto__'];
        for (let run = 0; run < 150; run++) {
          const options = {
            holds: 'ssh 22/tcp\n\xff \x80\n',
            knows: [LEFT, { neighbour: RIGHT, ownIp: '10.0.0.5' }, '127.0.0.2:5001'].slice(0, below(4)),
            literal: below(2) === 0,
            firstSequence: pick([0, 2 ** 32 - 2]),
          };
          const servent = new TestServent(options);
          const plain = new PlainServent(options);
          const story: string[] = [];
          for (let step = 0; step < 100; step++) {
            const from = pick(ends);
            const text = latin1(pick(texts));
            const client = at(pick(ends.slice(0, 8)));
            const sequence = (options.firstSequence + below(4)) % 2 ** 32;
            const ttl = pick([0, 1, 2, 3, 4, 65_535]);
            const datagram = below(3) === 0 ? encodeClireq({ text }) : encodeQuery({ ttl, client, sequence, text });
            story.push(`${toHex(datagram)} from ${from}`);
            expect(servent.hears(datagram, from), story.join('\n')).to.deep.equal(plain.hears(datagram, from));
          }
        }
      }),
    );
  });
});
