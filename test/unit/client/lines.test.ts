import { expect } from 'chai';
import { answerLine, summaryEvent, summaryLine, unreachableLine } from '../../../client/lines';
import type { LookupSummary } from '../../../client/lookup';
import { latin1 } from '../../support/bytes';

const plain = (_colour: string, text: string): string => text;
const CONTACT = '10.0.0.1:5000';
const summary = (part: Partial<LookupSummary>): LookupSummary => ({
  ...{ answers: 0, asked: 1, ms: 4000, enough: false, unreachable: false, dropped: {} },
  ...part,
});

describe('an answer in words', () => {
  const answer = { from: CONTACT, value: latin1('22/tcp\t\x07#\t'), ms: 1.5 };

  it('shows a TAB as it is, and other controls escaped', () => {
    expect(answerLine(answer, 'ssh', { key: 0, from: 0 }, plain)).to.equal(`${CONTACT}  22/tcp\t\\u{7}#\t  (1.5 ms)`);
  });

  it('stands in columns, the key before it where there are several', () => {
    expect(answerLine({ ...answer, value: latin1('v') }, 'ssh', { key: 5, from: 15 }, plain)).to.match(
      /^ssh {4}10\.0\.0\.1:5000 {4}v {2}\(/,
    );
  });
});

describe('a summary in words', () => {
  const cases: [part: Partial<LookupSummary>, words: string | RegExp][] = [
    [{ answers: 1, enough: true, ms: 12 }, 'stopped at 1 response (0.0 s)'],
    [{ answers: 3, ms: 4012 }, 'no more responses (3 in 4.0 s)'],
    [{ asked: 2, ms: 8000 }, /^no responses \(asked twice, 8\.0 s\): .*10\.0\.0\.1:5000 .*address, port and firewall/],
    [{ asked: 2, unreachable: true }, `no responses (asked twice, 4.0 s): ${CONTACT} cannot be reached`],
    [{ answers: 1, dropped: { repeated: 2, late: 1 } }, 'no more responses (1 in 4.0 s)'],
    [
      { answers: 1, dropped: { short: 1 } },
      'no more responses (1 in 4.0 s); 1 datagram was no answer to this: short 1',
    ],
    [
      { asked: 2, dropped: { 'other-key': 2, short: 1 } },
      /; 3 datagrams were no answers to this: other-key 2, short 1$/,
    ],
  ];
  for (const [part, words] of cases) {
    it(`of ${JSON.stringify(part)}`, () => {
      const line = summaryLine(summary(part), CONTACT);
      if (typeof words === 'string') expect(line).to.equal(words);
      else expect(line).to.match(words);
    });
  }
});

describe('what is said besides', () => {
  it('is a summary in JSON for a key that nobody answered', () => {
    expect(JSON.parse(summaryEvent(latin1('ssh'), summary({ asked: 2, ms: 1.23456 })))).to.deep.equal({
      ...{ event: 'summary', key: 'ssh', answers: 0, asked: 2, ms: 1.235 },
      ...{ enough: false, unreachable: false, dropped: {} },
    });
  });

  it('is that nobody listens, or that there is no way', () => {
    expect(unreachableLine(CONTACT, 'ECONNREFUSED')).to.match(/^nobody listens at 10\.0\.0\.1:5000 \(ECONNREFUSED\)/);
    expect(unreachableLine(CONTACT, 'ENETUNREACH')).to.match(/^10\.0\.0\.1:5000 cannot be reached \(ENETUNREACH\)/);
  });
});
