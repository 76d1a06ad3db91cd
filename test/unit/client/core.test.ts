import { expect } from 'chai';
import {
  ANSWER_WAIT_MS,
  ClientCore,
  type ClientCoreOptions,
  type ClientDropReason,
  type ClientOutbox,
  type CoreAnswer,
  type Summary,
} from '../../../client/core';
import { type Endpoint, formatEndpoint } from '../../../shared/endpoint';
import { WireError } from '../../../shared/wire/wire-error';
import { at, hex, latin1, toHex, toLatin1 } from '../../support/bytes';
import { malformed } from '../../support/fixtures';
import { datagramMaker, seeded } from '../../support/seeded';
import { clireq, query } from '../../support/servent/test-servent';

const CONTACT = '10.0.0.1:5000';
const FAR = '10.0.0.4:5000';

/** A client without a socket or a clock. Its effects read as prose, each with the time it came at. */
class TestClient implements ClientOutbox {
  readonly prose: string[] = [];
  readonly sent: Uint8Array[] = [];
  readonly drops: ClientDropReason[] = [];
  readonly answers: CoreAnswer[] = [];
  summary: Summary | undefined;
  wakeAtMs = Number.POSITIVE_INFINITY;
  readonly core: ClientCore;
  #nowMs = 0;

  constructor(options: Partial<Omit<ClientCoreOptions, 'key'>> & { key?: string } = {}, startMs = 0) {
    const { key = 'ssh', ...rest } = options;
    const defaults = { contact: at(CONTACT), nul: false, waitMs: ANSWER_WAIT_MS, count: Number.POSITIVE_INFINITY };
    this.core = new ClientCore({ ...defaults, ...rest, key: latin1(key) });
    this.#nowMs = startMs;
    this.core.ask(startMs, this);
  }

  /** A datagram comes in at a time; wakes that are due before it happen first. */
  hears(atMs: number, datagram: Uint8Array | string, from = CONTACT): this {
    this.until(atMs);
    this.core.receive(typeof datagram === 'string' ? response(datagram) : datagram, at(from), atMs, this);
    return this;
  }

  /** Time goes on. */
  until(atMs: number): this {
    while (this.wakeAtMs < atMs) {
      this.#nowMs = this.wakeAtMs;
      this.wakeAtMs = Number.POSITIVE_INFINITY;
      this.core.wake(this.#nowMs, this);
    }
    this.#nowMs = atMs;
    return this;
  }

  /** The system says that the contact cannot be reached. */
  refused(atMs: number): this {
    this.until(atMs);
    this.core.unreachable(atMs, this);
    return this;
  }

  /** The shell wakes it at a time of its own. */
  woken(atMs: number): this {
    this.#nowMs = atMs;
    this.core.wake(atMs, this);
    return this;
  }

  toTheEnd(): string[] {
    this.until(Number.MAX_SAFE_INTEGER);
    return this.prose;
  }

  ask(bytes: Uint8Array, to: Endpoint): void {
    this.sent.push(bytes.slice());
    this.#say(`asks ${formatEndpoint(to)} for ${toLatin1(bytes.subarray(2)).replaceAll('\0', '\\0')}`);
  }

  wake(atMs: number): void {
    this.wakeAtMs = atMs;
  }

  answer(answer: CoreAnswer): void {
    this.answers.push(answer);
    this.#say(`shows ${toLatin1(answer.value)} from ${formatEndpoint(answer.from)} after ${answer.ms}`);
  }

  drop(reason: ClientDropReason): void {
    this.drops.push(reason);
    this.#say(`drops: ${reason}`);
  }

  done(summary: Summary): void {
    expect(this.summary, 'ends once').to.equal(undefined);
    this.summary = summary;
    const { answers, asked, ms, enough, unreachable } = summary;
    const why = `${enough ? ', enough' : ''}${unreachable ? ', unreachable' : ''}`;
    this.#say(`ends with ${answers} after ${ms}, asked ${asked}${why}`);
  }

  #say(what: string): void {
    this.prose.push(`${this.#nowMs}: ${what}`);
  }
}

describe('a question', () => {
  describe('that nobody answers', () => {
    it('is asked, once more after 4 seconds, and given up after 4 more', () => {
      expect(new TestClient().toTheEnd()).to.deep.equal([
        `0: asks ${CONTACT} for ssh`,
        `4000: asks ${CONTACT} for ssh`,
        '8000: ends with 0 after 8000, asked 2',
      ]);
    });

    it('is retransmitted byte for byte', () => {
      const client = new TestClient();
      client.toTheEnd();
      expect(client.sent.map(toHex)).to.deep.equal(['0001737368', '0001737368']);
    });

    it('takes the time it began at from its shell', () => {
      expect(new TestClient({}, 1_000_000.5).toTheEnd()).to.deep.equal([
        `1000000.5: asks ${CONTACT} for ssh`,
        `1004000.5: asks ${CONTACT} for ssh`,
        '1008000.5: ends with 0 after 8000, asked 2',
      ]);
    });

    it('waits as long as it is told, both times', () => {
      expect(new TestClient({ waitMs: 250 }).toTheEnd()).to.deep.equal([
        `0: asks ${CONTACT} for ssh`,
        `250: asks ${CONTACT} for ssh`,
        '500: ends with 0 after 500, asked 2',
      ]);
    });
  });

  describe('that is answered', () => {
    it('shows each answer as it comes, and ends when 4 seconds pass without another', () => {
      const client = new TestClient()
        .hears(10, 'ssh\t22/tcp')
        .hears(2000, 'ssh\t22/udp', FAR)
        .hears(5999, 'ssh\tShell', '10.0.0.3:1');
      expect(client.toTheEnd()).to.deep.equal([
        `0: asks ${CONTACT} for ssh`,
        `10: shows 22/tcp from ${CONTACT} after 10`,
        `2000: shows 22/udp from ${FAR} after 2000`,
        '5999: shows Shell from 10.0.0.3:1 after 5999',
        '9999: ends with 3 after 9999, asked 1',
      ]);
    });

    it('is not asked again once a first response came, however late', () => {
      expect(new TestClient().hears(3999, 'ssh\tx').toTheEnd()).to.deep.equal([
        `0: asks ${CONTACT} for ssh`,
        `3999: shows x from ${CONTACT} after 3999`,
        '7999: ends with 1 after 7999, asked 1',
      ]);
    });

    it('after the retransmission waits 4 seconds more', () => {
      expect(new TestClient().hears(7999, 'ssh\tx').toTheEnd()).to.deep.equal([
        `0: asks ${CONTACT} for ssh`,
        `4000: asks ${CONTACT} for ssh`,
        `7999: shows x from ${CONTACT} after 7999`,
        '11999: ends with 1 after 11999, asked 2',
      ]);
    });

    it('waits 4 seconds more after a repeated answer, which it does not show', () => {
      expect(new TestClient().hears(1, 'ssh\tx').hears(3000, 'ssh\tx').toTheEnd()).to.deep.equal([
        `0: asks ${CONTACT} for ssh`,
        `1: shows x from ${CONTACT} after 1`,
        '3000: drops: repeated',
        '7000: ends with 1 after 7000, asked 1',
      ]);
    });

    it('shows one value from two responders, and two values from one, each once', () => {
      const client = new TestClient();
      for (let round = 0; round < 2; round++)
        client.hears(1, 'ssh\ta').hears(1, 'ssh\tb').hears(1, 'ssh\ta', FAR).hears(1, 'ssh\ta', '10.0.0.1:5001');
      expect(client.answers.map(({ from, value }) => `${formatEndpoint(from)} ${toLatin1(value)}`)).to.deep.equal([
        `${CONTACT} a`,
        `${CONTACT} b`,
        `${FAR} a`,
        '10.0.0.1:5001 a',
      ]);
      expect(client.drops).to.deep.equal(Array(4).fill('repeated'));
    });

    it('shows an answer again when a very long list of others made it forget', () => {
      const client = new TestClient();
      const long = 'v'.repeat(65_000);
      for (let i = 0; i < 600; i++) client.hears(1, `ssh\t${i} ${long}`);
      expect(client.drops).to.deep.equal([]);
      client.hears(1, `ssh\t599 ${long}`).hears(1, `ssh\t0 ${long}`);
      expect(client.drops).to.deep.equal(['repeated']);
      expect(client.answers).to.have.length(601);
    });

    it('never shows a NUL, nor what stands behind it', () => {
      const client = new TestClient().hears(1, response('ssh\t22/tcp\0tail')).hears(2, 'ssh\t22/tcp');
      expect(client.answers.map(({ value }) => toLatin1(value))).to.deep.equal(['22/tcp']);
      expect(client.drops).to.deep.equal(['repeated']);
    });

    it('takes a RESPONSE without a TAB as the value alone', () => {
      const client = new TestClient().hears(1, '22/tcp').hears(2, 'ssh\t22/tcp').hears(3, '22/udp\0');
      expect(client.answers.map(({ value }) => toLatin1(value))).to.deep.equal(['22/tcp', '22/udp']);
      expect(client.drops).to.deep.equal(['repeated']);
    });

    it('shows values with TABs, empty values, and bytes that are no text', () => {
      const client = new TestClient().hears(1, 'ssh\ta\tb').hears(1, 'ssh\t').hears(1, 'ssh\t\xff\xfe');
      expect(client.answers.map(({ value }) => toLatin1(value))).to.deep.equal(['a\tb', '', '\xff\xfe']);
    });
  });

  describe('for a number of answers', () => {
    it('ends at the first when one is wanted', () => {
      const client = new TestClient({ count: 1 }).hears(12, 'ssh\ta').hears(13, 'ssh\tb');
      expect(client.toTheEnd()).to.deep.equal([
        `0: asks ${CONTACT} for ssh`,
        `12: shows a from ${CONTACT} after 12`,
        '12: ends with 1 after 12, asked 1, enough',
        '13: drops: late',
      ]);
    });

    it('ends at the last that is wanted; repeated ones and others do not count', () => {
      const client = new TestClient({ count: 2 })
        .hears(1, 'ssh\ta')
        .hears(2, 'ssh\ta')
        .hears(3, 'http\tc')
        .hears(4, 'ssh\tb');
      expect(client.summary).to.deep.equal({ answers: 2, asked: 1, ms: 4, enough: true, unreachable: false });
    });

    it('ends without them when no more come', () => {
      const client = new TestClient({ count: 3 }).hears(1, 'ssh\ta');
      client.toTheEnd();
      expect(client.summary).to.deep.equal({ answers: 1, asked: 1, ms: 4001, enough: false, unreachable: false });
    });
  });

  describe('drops', () => {
    const cases: [reason: ClientDropReason, what: string, datagram: Uint8Array][] = [
      ['other-key', 'a RESPONSE for another key, from an earlier question', response('http\t80/tcp')],
      ['other-key', 'a RESPONSE for a longer key', response('sshd\t22/tcp')],
      ['other-key', 'a RESPONSE for a shorter key', response('ss\t22/tcp')],
      ['not-a-response', 'a CLIREQ', clireq('ssh')],
      ['not-a-response', 'a QUERY', query('ssh')],
      ['short', 'a datagram without a type', hex('00')],
      ['unknown-type', 'a type it does not know', hex('0004 737368')],
      ['empty-key', 'a RESPONSE without a text', hex('0003')],
      ['client-address', 'a malformed QUERY', hex('0002 0003 00000000 9c40 00000001 737368')],
    ];
    for (const [reason, what, datagram] of cases) {
      it(`${what}: ${reason}; and the wait goes on as if it had not come`, () => {
        expect(new TestClient().hears(100, datagram).toTheEnd()).to.deep.equal([
          `0: asks ${CONTACT} for ssh`,
          `100: drops: ${reason}`,
          `4000: asks ${CONTACT} for ssh`,
          '8000: ends with 0 after 8000, asked 2',
        ]);
      });
    }

    it('every malformed datagram of the fixtures by its code', () => {
      const client = new TestClient();
      for (const entry of malformed) client.hears(1, hex(entry.hex));
      expect(client.drops).to.deep.equal(malformed.map(({ code }) => code));
    });

    it('whatever comes when it has ended: late', () => {
      const client = new TestClient().until(8001).hears(9000, 'ssh\tx').hears(9001, hex(''));
      expect(client.drops).to.deep.equal(['late', 'late']);
      expect(client.answers).to.deep.equal([]);
    });

    it('nothing that is our own mistake: that comes out', () => {
      const client = new TestClient();
      expect(() => client.core.receive(undefined as never, at(FAR), 1, client)).to.throw(TypeError);
    });
  });

  describe('woken', () => {
    it('early, asks to be woken at the same time again and does nothing else', () => {
      const client = new TestClient().hears(100, 'ssh\tx');
      client.wakeAtMs = Number.POSITIVE_INFINITY;
      client.woken(4099.9);
      expect(client.wakeAtMs).to.equal(4100);
      expect(client.prose).to.have.length(2);
    });

    it('late, waits 4 seconds from then on', () => {
      expect(new TestClient().woken(5000).toTheEnd()).to.deep.equal([
        `0: asks ${CONTACT} for ssh`,
        `5000: asks ${CONTACT} for ssh`,
        '9000: ends with 0 after 9000, asked 2',
      ]);
    });

    it('when it has ended, does nothing', () => {
      const client = new TestClient({ count: 1 }).hears(1, 'ssh\tx');
      const before = [...client.prose];
      client.woken(4001).woken(9000);
      expect(client.prose).to.deep.equal(before);
    });
  });

  describe('to a contact that cannot be reached', () => {
    it('is asked once more in its time, and ends when that is told a second time', () => {
      const client = new TestClient().refused(1).refused(2);
      expect(client.refused(4001).toTheEnd()).to.deep.equal([
        `0: asks ${CONTACT} for ssh`,
        `4000: asks ${CONTACT} for ssh`,
        '4001: ends with 0 after 4001, asked 2, unreachable',
      ]);
      expect(client.refused(5000).prose).to.have.length(3);
    });

    it('at first, waits for what the second asking brings', () => {
      const client = new TestClient().refused(1).hears(4100, 'ssh\tx').refused(4200);
      expect(client.toTheEnd().at(-1)).to.equal('8100: ends with 1 after 8100, asked 2');
    });
  });

  describe('for a key', () => {
    it('ends the CLIREQ with one NUL when it is told to, and knows the answer all the same', () => {
      const client = new TestClient({ nul: true }).hears(1, 'ssh\tx');
      expect(client.sent.map(toHex)).to.deep.equal([toHex(hex('0001 737368 00'))]);
      expect(client.answers).to.have.length(1);
    });

    it('that has a NUL, knows the answer to the key before it', () => {
      const client = new TestClient({ key: 'ssh\0tail' }).hears(1, 'ssh\tx');
      expect(client.sent.map(toHex)).to.deep.equal([toHex(hex('0001 737368 00 7461696c'))]);
      expect(client.answers).to.have.length(1);
    });

    it('of 65,505 bytes asks, with or without room for its NUL only as far as it fits', () => {
      expect(new TestClient({ key: 'k'.repeat(65_505) }).sent[0]).to.have.length(65_507);
      expect(new TestClient({ key: 'k'.repeat(65_504), nul: true }).sent[0]).to.have.length(65_507);
      for (const options of [{ key: 'k'.repeat(65_506) }, { key: 'k'.repeat(65_505), nul: true }]) {
        expect(() => new TestClient(options))
          .to.throw(WireError)
          .with.property('code', 'too-long');
      }
    });

    it('that is empty, refuses to ask', () => {
      for (const key of ['', '\0ssh'])
        expect(() => new TestClient({ key }))
          .to.throw(WireError)
          .with.property('code', 'empty-key');
    });

    it('of bytes that are no UTF-8, tells it from another that decodes alike', () => {
      const client = new TestClient({ key: '\xff' }).hears(1, '\xfe\tx').hears(2, '\xff\ty');
      expect(client.drops).to.deep.equal(['other-key']);
      expect(client.answers.map(({ value }) => toLatin1(value))).to.deep.equal(['y']);
    });
  });

  it(
    'whatever comes and whenever it is woken: each datagram is an answer or one drop, at most two CLIREQs go out, and it ends once',
    seeded((random) => {
      const { below, pick } = random;
      const make = datagramMaker(random);
      for (let run = 0; run < 1000; run++) {
        const client = new TestClient({ count: pick([1, 3, Number.POSITIVE_INFINITY]) });
        const wakesOf10 = pick([1, 5, 10]);
        let heardAtMs = 0;
        for (let nowMs = 0; !client.summary; nowMs += below(3000)) {
          if (below(10) < wakesOf10) {
            client.woken(nowMs);
            continue;
          }
          const outcomes = client.answers.length + client.drops.length;
          const useful = below(2) === 0;
          client.core.receive(useful ? response(`ssh\t${below(3)}`) : make(), at(CONTACT), nowMs, client);
          expect(client.answers.length + client.drops.length).to.equal(outcomes + 1);
          if (useful) heardAtMs = nowMs;
        }
        const { answers, asked, ms, enough } = client.summary;
        expect(client.sent.length).to.be.within(1, 2).and.equal(asked);
        expect(client.answers.length).to.equal(answers);
        if (!enough) expect(ms).to.be.at.least(heardAtMs + 4000);
      }
    }),
  );
});

/** A RESPONSE with this text, whatever it is. */
function response(text: string): Uint8Array {
  return Buffer.from(`\0\x03${text}`, 'latin1');
}
