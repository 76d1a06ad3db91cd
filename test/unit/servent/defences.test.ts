import { expect } from 'chai';
import { ADDRESSES_MAX } from '../../../servent/budgets';
import { DEFENCE_DEFAULTS } from '../../../servent/defence-settings';
import {
  type AddressLimits,
  DEFENCE_REASONS,
  type DefenceOptions,
  type DefenceReason,
  NOTICE_MS,
} from '../../../servent/defences';
import { isPrivate } from '../../../shared/address-classes';
import { ipOf } from '../../../shared/endpoint';
import { at, hex } from '../../support/bytes';
import { malformed } from '../../support/fixtures';
import { seeded } from '../../support/seeded';
import { clireq, query, TestServent } from '../../support/servent/test-servent';

const PUBLIC = '203.0.113.7:40000';
const OTHER_PUBLIC = '203.0.113.8:40000';
const PRIVATE = '192.168.1.7:40000';
const LOCAL = '127.0.0.1:40000';
const LEFT = '198.51.100.1:5000';
const RIGHT = '198.51.100.2:5000';
const STRANGER = '198.51.100.99:5000';
const UNLIMITED = { perSecond: 0, burst: 1 };
const NO_LIMITS: AddressLimits = { questions: UNLIMITED, answers: UNLIMITED, bytes: UNLIMITED };

/** No limit but those given, the same for every address that is not on loopback. */
function only(limits: Partial<AddressLimits>, more: Partial<DefenceOptions> = {}): DefenceOptions {
  const both = { ...NO_LIMITS, ...limits };
  return { ...DEFENCE_DEFAULTS, publicLimits: both, privateLimits: both, strangers: UNLIMITED, ...more };
}

function defended(defences: DefenceOptions, holds = 'ssh 22/tcp'): TestServent {
  return new TestServent({ holds, knows: [LEFT], defences, seenMax: 100_000 });
}

/** A servent's own count of what it sent to an address. */
interface Got {
  answers: number;
  bytes: number;
}

/** Hears the same again and again; gives what went to the victim. A new query each time, if it makes queries. */
function flood(
  servent: TestServent,
  make: (i: number) => Uint8Array,
  { times, fromMs = 0, everyMs = 0, from = LEFT, victim = PUBLIC }: FloodOptions,
): Got {
  const got = { answers: 0, bytes: 0 };
  for (let i = 0; i < times; i++) {
    servent.hears(make(i), from, fromMs + i * everyMs);
    for (const { bytes, to } of servent.last.sent) {
      if (ipOf(to) !== ipOf(at(victim))) continue;
      got.answers++;
      got.bytes += bytes.length;
    }
    if (servent.last.drops.length > 0 && servent.last.sent.length > 0)
      expect.fail('sends because of a dropped datagram');
  }
  return got;
}

interface FloodOptions {
  times: number;
  fromMs?: number;
  everyMs?: number;
  from?: string;
  victim?: string;
}

/** Forged: each names the victim, from a port of its own choice, with a sequence number of its own. */
const forged = (victim: string) => (i: number) =>
  query('ssh', { of: `${victim.split(':')[0]}:${1 + (i % 65_535)}`, sequence: i });

describe('the defences', () => {
  describe('toward one address, under forged queries', () => {
    const cases: [what: string, victim: string, answers: number, perSecond: number][] = [
      ['public', PUBLIC, 125, 50],
      ['private', PRIVATE, 4000, 2000],
    ];
    for (const [what, victim, burst, perSecond] of cases) {
      it(`send a ${what} one ${burst} answers at once and ${perSecond} a second from then on, exactly`, () => {
        const servent = defended(DEFENCE_DEFAULTS);
        const make = forged(victim);
        expect(flood(servent, make, { times: burst + 500, victim }).answers).to.equal(burst);
        expect(servent.last.drops).to.deep.equal(['answer-rate']);
        const next = (i: number) => make(burst + 500 + i);
        // Ten seconds of a flood at five times the rate.
        const times = perSecond * 50;
        const got = flood(servent, next, {
          times,
          fromMs: 1000 / perSecond / 5,
          everyMs: 1000 / perSecond / 5,
          victim,
        });
        expect(got.answers).to.equal(perSecond * 10);
      });

      it(`send a ${what} one that was left alone for long no more than the burst again`, () => {
        const servent = defended(DEFENCE_DEFAULTS);
        flood(servent, forged(victim), { times: burst, victim });
        const got = flood(servent, (i) => forged(victim)(i + burst), { times: burst + 500, fromMs: 1e7, victim });
        expect(got.answers).to.equal(burst);
      });
    }

    const sizes: [value: number, burst: number, aSecond: number][] = [
      // Values of 8,185 bytes make answers of 8,191: eight in 64 KiB.
      [8185, 8, 8],
      [1018, 64, 64],
      [65_501, 1, 1],
    ];
    for (const [value, burst, aSecond] of sizes) {
      it(`send a public one ${burst} answers with values of ${value} bytes at once, and ${aSecond} a second from then on`, () => {
        const rates = { ...DEFENCE_DEFAULTS.publicLimits, answers: UNLIMITED };
        const servent = defended({ ...DEFENCE_DEFAULTS, publicLimits: rates }, `ssh ${'v'.repeat(value)}`);
        const make = forged(PUBLIC);
        expect(flood(servent, make, { times: burst + 100 }).answers).to.equal(burst);
        expect(servent.last.drops).to.deep.equal(['answer-bytes']);
        const answer = 2 + 4 + value;
        const got = flood(servent, (i) => make(burst + 100 + i), { times: 1000, fromMs: 1000, everyMs: 1 });
        expect(got.answers).to.equal(Math.floor((65_536 + 65.536 * 999) / answer));
      });
    }

    it('let no window of any length pass more than its burst and its share, whatever comes when', () => {
      seeded(({ below }) => {
        const servent = defended(DEFENCE_DEFAULTS, `ssh 22/tcp\nlong ${'v'.repeat(3000)}`);
        const sent: { atMs: number; bytes: number }[] = [];
        for (let i = 0, nowMs = below(100); i < 20_000; i++, nowMs += below(4) === 0 ? below(30) : 0) {
          const key = below(40) === 0 ? 'long' : 'ssh';
          servent.hears(query(key, { of: `203.0.113.7:${1 + below(60_000)}`, sequence: i }), LEFT, nowMs);
          for (const { bytes } of servent.last.sent) sent.push({ atMs: nowMs, bytes: bytes.length });
        }
        for (let first = 0; first < sent.length; first += 37) {
          let bytes = 0;
          for (let last = first; last < sent.length; last++) {
            bytes += sent[last]!.bytes;
            const seconds = (sent[last]!.atMs - sent[first]!.atMs) / 1000;
            if (last - first + 1 > 125 + 50 * seconds + 1e-6)
              expect.fail(`${last - first + 1} answers in ${seconds} s`);
            if (bytes > 65_536 * (1 + seconds) + 1e-3) expect.fail(`${bytes} bytes in ${seconds} s`);
          }
        }
        expect(sent.length).to.be.above(125);
      })();
    });

    it('count CLIREQs and forged QUERYs together, whatever their ports', () => {
      const servent = defended(DEFENCE_DEFAULTS);
      const asked = flood(servent, () => clireq('ssh'), { times: 100, from: PUBLIC });
      // Of a CLIREQ one QUERY goes to the neighbour; only answers go to the victim.
      expect(asked.answers).to.equal(100);
      expect(flood(servent, forged(PUBLIC), { times: 100 }).answers).to.equal(25);
    });

    it('have no limit toward loopback', () => {
      const servent = defended({ ...DEFENCE_DEFAULTS });
      expect(flood(servent, () => clireq('ssh'), { times: 10_000, from: LOCAL, victim: LOCAL }).answers).to.equal(
        10_000,
      );
    });

    it('make an attacker who wants the servent to forget an address pay more bytes than the new burst has', () => {
      const cheapest = 3 + 28; // A CLIREQ of one byte of key, with its IP and UDP headers.
      expect(ADDRESSES_MAX * cheapest).to.be.above(DEFENCE_DEFAULTS.publicLimits.bytes.burst + 125 * 28);
    });
  });

  describe('toward one who asks', () => {
    it('serve a public address 125 questions at once and 50 a second from then on, whatever the key', () => {
      const servent = defended(DEFENCE_DEFAULTS);
      const outcomes = Array.from({ length: 130 }, () => servent.hears(clireq('none'), PUBLIC, 5)[0]);
      expect(outcomes.filter((outcome) => outcome?.startsWith('QUERY'))).to.have.length(125);
      expect(outcomes.at(-1)).to.equal('drop: question-rate');
      expect(servent.hears(clireq('none'), PUBLIC, 24)).to.deep.equal(['drop: question-rate']);
      expect(servent.hears(clireq('none'), PUBLIC, 25)[0]).to.include('QUERY');
      expect(servent.hears(clireq('none'), PUBLIC, 25)).to.deep.equal(['drop: question-rate']);
    });

    it('serve a public address 64 KiB of questions at once: each goes to every neighbour', () => {
      const servent = defended(DEFENCE_DEFAULTS);
      const long = clireq('k'.repeat(32_766));
      expect(servent.hears(long, PUBLIC)[0]).to.include('QUERY');
      expect(servent.hears(long, PUBLIC)[0]).to.include('QUERY');
      expect(servent.hears(long, PUBLIC)).to.deep.equal(['drop: question-bytes']);
      expect(servent.hears(long, PUBLIC, 499)).to.deep.equal(['drop: question-bytes']);
      expect(servent.hears(long, PUBLIC, 500)[0]).to.include('QUERY');
      expect(servent.hears(clireq('ssh'), OTHER_PUBLIC, 500)[0]).to.include('QUERY');
    });

    for (const from of [PRIVATE, LOCAL]) {
      it(`are never noticed by a script at ${from} that asks 5,000 keys one after another, one a millisecond`, () => {
        const pairs = Array.from({ length: 5000 }, (_, i) => `key${i} value of key ${i}, as long as most`).join('\n');
        const servent = defended(DEFENCE_DEFAULTS, pairs);
        const got = flood(servent, (i) => clireq(`key${i}`), { times: 5000, everyMs: 1, from, victim: from });
        expect(got.answers).to.equal(5000);
      });
    }

    it('leave each address its budget, however many others flood', () => {
      const servent = defended(DEFENCE_DEFAULTS);
      flood(servent, () => clireq('ssh'), { times: 5000, from: PUBLIC });
      flood(servent, forged(PUBLIC), { times: 5000 });
      expect(
        flood(servent, () => clireq('ssh'), { times: 500, from: OTHER_PUBLIC, victim: OTHER_PUBLIC }).answers,
      ).to.equal(125);
    });

    it('remember no more than a bounded number of addresses, the one not heard of for longest goes first', () => {
      const servent = defended(DEFENCE_DEFAULTS);
      const limited = () => servent.hears(clireq('ssh'), PUBLIC, 0)[0] === 'drop: question-rate';
      flood(servent, () => clireq('ssh'), { times: 126, from: PUBLIC });
      const others = (count: number, first: number) => {
        for (let i = 0; i < count; i++)
          servent.core.receive(clireq('none'), at('100.0.0.0:9') + (first + i) * 65_536, 0, servent.last);
      };
      others(ADDRESSES_MAX - 1, 0);
      expect(limited(), 'still remembered').to.equal(true);
      others(ADDRESSES_MAX, ADDRESSES_MAX);
      expect(limited(), 'forgotten').to.equal(false);
    });
  });

  describe('toward strangers', () => {
    it('serve their QUERYs from one budget: 4,000 at once and 2,000 a second, neighbours apart', () => {
      const servent = defended(DEFENCE_DEFAULTS, '');
      const hear = (i: number, from: string, nowMs: number) =>
        servent.hears(query('none', { sequence: i, of: PRIVATE }), from, nowMs)[0]!;
      const outcomes = Array.from({ length: 4100 }, (_, i) => hear(i, `198.51.100.${10 + (i % 90)}:${i + 1}`, 0));
      expect(outcomes.filter((outcome) => outcome === 'drop: stranger-rate')).to.have.length(100);
      expect(hear(5000, LEFT, 0)).to.equal('drop: no-neighbour');
      expect(hear(5001, STRANGER, 0.4)).to.equal('drop: stranger-rate');
      expect(hear(5001, STRANGER, 1)).to.include('QUERY');
      expect(hear(5002, STRANGER, 1)).to.include('QUERY');
      expect(hear(5003, STRANGER, 1)).to.equal('drop: stranger-rate');
      expect(hear(5004, LOCAL, 1), 'loopback').to.include('QUERY');
    });

    it('remember no query of theirs that is dropped', () => {
      const servent = new TestServent({
        knows: [LEFT],
        defences: { ...DEFENCE_DEFAULTS, strangers: { perSecond: 1, burst: 1 } },
      });
      servent.hears(query('a'), STRANGER);
      expect(servent.hears(query('b'), STRANGER)).to.deep.equal(['drop: stranger-rate']);
      expect(servent.hears(query('b'), RIGHT, 1000)[0]).to.include('QUERY b');
    });

    it('serve none of them where only neighbours are served, who are known by their address, whatever the port', () => {
      const servent = defended({ ...DEFENCE_DEFAULTS, strictNeighbours: true });
      expect(servent.hears(query('ssh', { of: PRIVATE }), STRANGER)).to.deep.equal(['drop: stranger']);
      expect(servent.hears(query('ssh', { of: LOCAL }), LOCAL)).to.deep.equal(['drop: stranger']);
      expect(servent.hears(query('ssh', { of: PRIVATE }), '198.51.100.1:61000')[0]).to.include('RESPONSE');
      expect(servent.hears(query('ssh', { of: PRIVATE, sequence: 2 }), LEFT)[0]).to.include('RESPONSE');
      expect(servent.hears(clireq('ssh'), STRANGER)[0], 'clients are no strangers').to.include('QUERY');
    });

    it('have no limit where the rate is 0', () => {
      const servent = defended(only({}));
      const outcomes = Array.from(
        { length: 10_000 },
        (_, i) => servent.hears(query('none', { sequence: i }), STRANGER)[0]!,
      );
      expect(outcomes.every((outcome) => outcome.startsWith('QUERY'))).to.equal(true);
    });
  });

  describe('with a list of who may be answered', () => {
    const allow = [
      { base: 0x0a000000, mask: 0xff000000 },
      { base: 0xcb007107, mask: 0xffffffff },
    ];

    it('serve those alone, be it a CLIREQ from them or a QUERY that names them', () => {
      const servent = defended({ ...DEFENCE_DEFAULTS, allow });
      for (const [client, allowed] of [
        ['10.0.0.0:1', true],
        ['10.255.255.255:1', true],
        ['9.255.255.255:1', false],
        ['11.0.0.0:1', false],
        [PUBLIC, true],
        ['203.0.113.6:1', false],
        [OTHER_PUBLIC, false],
        [LOCAL, false],
      ] as const) {
        const [asked] = servent.hears(clireq('ssh'), client);
        expect(asked, client)[allowed ? 'not' : 'to'].equal('drop: not-allowed');
        const [named] = servent.hears(query('ssh', { of: client, sequence: 9 }), client === LOCAL ? LOCAL : LEFT);
        expect(named, client)[allowed ? 'not' : 'to'].equal('drop: not-allowed');
      }
    });

    it('serve everybody when the list says 0.0.0.0/0', () => {
      const servent = defended({ ...DEFENCE_DEFAULTS, allow: [{ base: 0, mask: 0 }] });
      expect(servent.hears(clireq('ssh'), OTHER_PUBLIC)[0]).to.include('QUERY');
    });
  });

  describe('tell addresses apart:', () => {
    const ranges: [first: string, last: string, before: string, after: string][] = [
      ['10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'],
      ['172.16.0.0', '172.31.255.255', '172.15.255.255', '172.32.0.0'],
      ['192.168.0.0', '192.168.255.255', '192.167.255.255', '192.169.0.0'],
      ['169.254.0.0', '169.254.255.255', '169.253.255.255', '169.255.0.0'],
      ['100.64.0.0', '100.127.255.255', '100.63.255.255', '100.128.0.0'],
    ];
    for (const [first, last, before, after] of ranges) {
      it(`${first} to ${last} is private, ${before} and ${after} are not`, () => {
        const told = [first, last, before, after].map((ip) => isPrivate(ipOf(at(`${ip}:1`))));
        expect(told).to.deep.equal([true, true, false, false]);
        // And the limits follow: of 130 answers a public address gets 125.
        for (const [ip, answers] of [
          [last, 130],
          [after, 125],
        ] as const) {
          const victim = `${ip}:9`;
          expect(flood(defended(DEFENCE_DEFAULTS), forged(victim), { times: 130, victim }).answers, ip).to.equal(
            answers,
          );
        }
      });
    }
  });

  describe('in a dry run', () => {
    const dryRun = true;

    it('count under its reason what would be dropped, each datagram once, and drop nothing', () => {
      const reasons: [
        reason: DefenceReason,
        defences: DefenceOptions,
        datagram: (i: number) => Uint8Array,
        from: string,
      ][] = [
        ['not-allowed', only({}, { dryRun, allow: [{ base: 1, mask: 0xffff_ffff }] }), () => clireq('ssh'), PUBLIC],
        ['not-allowed', only({}, { dryRun, allow: [{ base: 1, mask: 0xffff_ffff }] }), forged(PUBLIC), LEFT],
        ['stranger', only({}, { dryRun, strictNeighbours: true }), forged(PUBLIC), STRANGER],
        ['stranger-rate', only({}, { dryRun, strangers: { perSecond: 1, burst: 10 } }), forged(PUBLIC), STRANGER],
        ['question-rate', only({ questions: { perSecond: 1, burst: 10 } }, { dryRun }), () => clireq('ssh'), PUBLIC],
        ['question-bytes', only({ bytes: { perSecond: 1, burst: 50 } }, { dryRun }), () => clireq('none'), PUBLIC],
        ['answer-rate', only({ answers: { perSecond: 1, burst: 10 } }, { dryRun }), forged(PUBLIC), LEFT],
        ['answer-bytes', only({ bytes: { perSecond: 1, burst: 130 } }, { dryRun }), forged(PUBLIC), LEFT],
      ];
      for (const [reason, defences, make, from] of reasons) {
        const dry = defended(defences);
        const wet = defended({ ...defences, dryRun: false });
        let drops = 0;
        for (let i = 0; i < 25; i++) {
          dry.hears(make(i), from);
          if (dry.last.drops.some((drop) => (DEFENCE_REASONS as readonly string[]).includes(drop))) expect.fail(reason);
          wet.hears(make(i), from);
          if (wet.last.drops.includes(reason)) drops++;
        }
        expect(drops, reason).to.be.above(10);
        expect(dry.core.wouldDrop[reason], reason).to.equal(drops);
        expect(
          Object.values(dry.core.wouldDrop).reduce((sum, count) => sum + count, 0),
          reason,
        ).to.equal(drops);
      }
      expect([...new Set(reasons.map(([reason]) => reason))]).to.have.members([...DEFENCE_REASONS]);
    });

    it('take from no further budget for what would have been dropped before', () => {
      const rates = { questions: { perSecond: 1, burst: 5 }, answers: { perSecond: 1, burst: 10 } };
      const servent = defended(only(rates, { dryRun }));
      flood(servent, () => clireq('ssh'), { times: 20, from: PUBLIC });
      expect(servent.core.wouldDrop).to.include({ 'question-rate': 15, 'answer-rate': 0 });
      flood(servent, forged(PUBLIC), { times: 6 });
      expect(servent.core.wouldDrop).to.include({ 'answer-rate': 1 });
    });

    it('count nothing without', () => {
      expect(Object.values(defended(DEFENCE_DEFAULTS).core.wouldDrop)).to.deep.equal(DEFENCE_REASONS.map(() => 0));
      expect(new TestServent({}).core.wouldDrop).to.deep.equal({});
    });
  });

  describe('say that a limit bites', () => {
    const rates = only({ questions: { perSecond: 1, burst: 1 } });
    const ask = (servent: TestServent, from: string, nowMs: number): string[] => {
      servent.hears(clireq('none'), from, nowMs);
      return servent.last.notices;
    };

    it('once an address and 30 s, from whatever port', () => {
      const servent = defended(rates);
      expect(ask(servent, PUBLIC, 0)).to.deep.equal([]);
      expect(ask(servent, PUBLIC, 0)).to.deep.equal(['203.0.113.7 question-rate']);
      for (const port of [1, 2]) expect(ask(servent, `203.0.113.7:${port}`, 0)).to.deep.equal([]);
      ask(servent, PUBLIC, NOTICE_MS - 1);
      expect(ask(servent, PUBLIC, NOTICE_MS - 1)).to.deep.equal([]);
      expect(ask(servent, PUBLIC, NOTICE_MS)).to.deep.equal(['203.0.113.7 question-rate']);
      ask(servent, OTHER_PUBLIC, NOTICE_MS);
      expect(ask(servent, OTHER_PUBLIC, NOTICE_MS)).to.deep.equal(['203.0.113.8 question-rate']);
    });

    it('for ten addresses at once and one a second from then on, whoever floods', () => {
      const servent = defended(rates);
      const notices: string[] = [];
      for (let i = 0; i < 1000; i++)
        for (let twice = 0; twice < 2; twice++) notices.push(...ask(servent, `203.0.113.${i % 250}:${1 + i}`, 0));
      expect(notices).to.have.length(10);
      expect(ask(servent, '203.0.113.100:1', 999)).to.deep.equal([]);
      expect(ask(servent, '203.0.113.100:1', 1000)).to.deep.equal([]);
      expect(ask(servent, '203.0.113.100:1', 1000)).to.deep.equal(['203.0.113.100 question-rate']);
      ask(servent, '203.0.113.101:1', 1999);
      expect(ask(servent, '203.0.113.101:1', 1999)).to.deep.equal([]);
      expect(ask(servent, '203.0.113.101:1', 2000)).to.deep.equal(['203.0.113.101 question-rate']);
    });

    it('of answers too, toward whom they would have gone', () => {
      const servent = defended(only({ answers: { perSecond: 1, burst: 1 } }));
      servent.hears(query('ssh', { of: PUBLIC, sequence: 1 }), LEFT);
      servent.hears(query('ssh', { of: PUBLIC, sequence: 2 }), LEFT);
      expect(servent.last.notices).to.deep.equal(['203.0.113.7 answer-rate']);
    });
  });

  it('limit nothing where every rate is 0, however long it goes on', () => {
    const servent = defended(only({}));
    expect(flood(servent, () => clireq('ssh'), { times: 20_000, everyMs: 1000, from: PUBLIC }).answers).to.equal(
      20_000,
    );
    expect(flood(servent, forged(PUBLIC), { times: 20_000 }).answers).to.equal(20_000);
  });

  it('hold no address to a debt when the clock begins at 0, late, or between two milliseconds', () => {
    for (const startMs of [0, 0.25, 1e9 + 0.5]) {
      const servent = defended(DEFENCE_DEFAULTS);
      expect(flood(servent, forged(PUBLIC), { times: 200, fromMs: startMs }).answers, `${startMs}`).to.equal(125);
    }
  });

  it('never answer an address again whose one answer is larger than its burst, nor drift into letting it pass', () => {
    const servent = defended(only({ bytes: { perSecond: 0.1, burst: 11 } }));
    expect(flood(servent, forged(PUBLIC), { times: 100, everyMs: 1e6 }).answers).to.equal(0);
  });

  it('leave a query that they dropped unforwarded and unanswered, now and when it comes again with as many hops', () => {
    const servent = new TestServent({
      holds: 'ssh 22/tcp',
      knows: [LEFT, RIGHT],
      defences: only({ answers: { perSecond: 1, burst: 1 } }),
    });
    servent.hears(query('ssh', { of: PUBLIC, sequence: 1 }), LEFT);
    expect(servent.hears(query('ssh', { of: PUBLIC, sequence: 2 }), LEFT)).to.deep.equal(['drop: answer-rate']);
    expect(servent.hears(query('ssh', { of: PUBLIC, sequence: 2 }), RIGHT, 9000)).to.deep.equal(['drop: seen']);
  });

  it('drop a CLIREQ whose answer is over the limit: the neighbours are not asked either', () => {
    const servent = defended(only({ answers: { perSecond: 1, burst: 1 } }));
    servent.hears(clireq('ssh'), PUBLIC);
    expect(servent.hears(clireq('ssh'), PUBLIC)).to.deep.equal(['drop: answer-rate']);
    expect(servent.hears(clireq('none'), PUBLIC)[0]).to.include('QUERY');
  });

  it('are asked of no malformed datagram and of no RESPONSE: those take from no budget', () => {
    const servent = defended(only({ questions: { perSecond: 1, burst: 1 }, answers: { perSecond: 1, burst: 1 } }));
    for (const { hex: datagram, code } of malformed) {
      expect(servent.hears(hex(datagram), PUBLIC)).to.deep.equal([`drop: ${code}`]);
    }
    for (let i = 0; i < 10; i++) servent.hears(hex('0003 737368 09 31'), PUBLIC);
    expect(servent.hears(clireq('ssh'), PUBLIC)).to.have.length(2);
  });
});
