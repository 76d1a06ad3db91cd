/** What the reports say, and that nothing that a program sends or prints becomes markup, a control sequence or an endless page. */

import { expect } from 'chai';
import { Exchange } from '../../../conformance/exchange';
import { KINDS } from '../../../conformance/kinds';
import { htmlPage } from '../../../conformance/output/html';
import { jsonLines } from '../../../conformance/output/json';
import { junitXml } from '../../../conformance/output/junit';
import { captureOf } from '../../../conformance/output/pcap';
import { listLines, summaryLine, tableLines } from '../../../conformance/output/table';
import type { Verdict } from '../../../conformance/run-cases';
import { parseEndpoint } from '../../../shared/endpoint';

const [SERVENT] = KINDS as [(typeof KINDS)[number]];
const PROGRAM = { name: 'program', endpoint: parseEndpoint('127.0.0.1:5000')! };
const CLIENT = { name: 'client', endpoint: parseEndpoint('127.0.0.1:40001')! };
const HOSTILE = '</text><script>alert(1)</script>\u001b[2J\u202e"&';

function verdict(given: Partial<Verdict>): Verdict {
  const bytes = Buffer.concat([Buffer.from([0, 3]), Buffer.from(`ssh\t${HOSTILE}`)]);
  return {
    id: 'overlay 4 CLIREQ 1 ttl',
    class: 'must',
    rule: 'A CLIREQ becomes a QUERY with ttl 3.',
    outcome: 'broken',
    expected: 'ttl 3',
    came: HOSTILE,
    ms: 12.3,
    said: [
      { atMs: 1, from: CLIENT, to: PROGRAM, transport: 'udp', bytes: Buffer.from('\0\x01ssh', 'latin1') },
      { atMs: 2, from: PROGRAM, to: CLIENT, transport: 'udp', bytes },
    ],
    startedAt: 1_700_000_000_000,
    more: 0,
    printed: HOSTILE,
    ...given,
  };
}

const VERDICTS = [
  verdict({}),
  verdict({ id: 'overlay 2 5 last-wins', outcome: 'held' }),
  verdict({ id: 'overlay 4 stranger', class: 'mixed', outcome: 'skipped', expected: 'needs a network' }),
];

describe('the reports of conformance', () => {
  it('count by class, skipped ones apart', () => {
    expect(summaryLine(VERDICTS)).to.equal('must 1 of 2, 1 skipped: not conforming');
    expect(summaryLine([verdict({ outcome: 'held' })])).to.equal('must 1 of 1: conforming');
    expect(summaryLine([verdict({ outcome: 'held' }), verdict({ class: 'survival' })])).to.match(/: conforming$/);
  });

  it('never hand on control characters to a terminal', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
    const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;
    const words = VERDICTS.map(({ said }) => said.map((one) => SERVENT.wordsOf(one)).join());
    expect(words.join()).to.include('RESPONSE ssh = ').and.not.match(control);
    const lines = tableLines(SERVENT, VERDICTS.map((one) => ({ ...one, came: 'x', printed: 'y' })), (_, text) => text); // biome-ignore format: one sentence
    expect(lines.join('\n')).to.include('client -> program: CLIREQ ssh').and.not.match(control);
  });

  it('never make markup of what was said', () => {
    const page = htmlPage(SERVENT, ['./servent', HOSTILE], VERDICTS);
    expect(page).to.include('<svg').and.include('&lt;script&gt;').and.not.include('<script');
    expect(page).to.include("default-src 'none'");
    const xml = junitXml(SERVENT, VERDICTS);
    expect(xml).to.include('tests="2" failures="1"').and.include('<skipped').and.not.include('<script');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
    expect(page + xml).to.not.match(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it('are an object a case as JSON, with all bytes of a broken one', () => {
    const [broken, held, skipped, summary] = jsonLines(SERVENT, ['./servent'], VERDICTS).map((line) =>
      JSON.parse(line),
    );
    expect(broken).to.include({ event: 'case', outcome: 'broken', expected: 'ttl 3' });
    expect(broken.said[0]).to.deep.equal({ ms: 1, from: 'client 127.0.0.1:40001', to: 'program 127.0.0.1:5000', hex: '0001737368', words: 'CLIREQ ssh' }); // biome-ignore format: one row
    expect(held).to.not.have.property('said');
    expect(skipped.reason).to.equal('needs a network');
    expect(summary).to.deep.include({ event: 'summary', kind: 'servent', skipped: 1, conforming: false });
  });

  it('are IP packets in a capture, in the order of time', () => {
    const pcap = Buffer.from(captureOf([verdict({ startedAt: 2000 }), verdict({ startedAt: 1000 })]));
    expect(pcap.readUInt32LE(20)).to.equal(101);
    expect([pcap.readUInt32LE(24), pcap.readUInt32LE(28)]).to.deep.equal([1, 1000]);
    const packet = pcap.subarray(40);
    expect(packet.subarray(0, 20).toString('hex')).to.equal('45000021000000004011' + '0000' + '7f000001' + '7f000001');
    expect(packet.subarray(20, 28).toString('hex')).to.equal('9c411388000d0000');
    expect(packet.subarray(28, 33).toString('latin1')).to.equal('\0\x01ssh');
  });

  it('keep what was said up to a bound', () => {
    const exchange = new Exchange();
    for (let i = 0; i < 2500; i++) exchange.add('udp', CLIENT, PROGRAM, new Uint8Array(1));
    expect([exchange.said.length, exchange.more]).to.deep.equal([2000, 500]);
  });
});

describe('the cases of conformance', () => {
  for (const { name, cases } of KINDS) {
    it(`of a ${name} have names of their own, and rules that are sentences`, () => {
      expect(new Set(cases.map(({ id }) => id)).size).to.equal(cases.length);
      for (const { id, rule } of cases) {
        expect(id).to.match(/^[a-z-]+( \S+){2,}$/);
        expect(rule).to.match(/^[A-Z].*\.$/);
      }
      expect(listLines(cases, false)).to.have.length(cases.length + 1);
    });
  }
});
