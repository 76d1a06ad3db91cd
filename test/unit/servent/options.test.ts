import { expect } from 'chai';
import { DEFENCE_DEFAULTS } from '../../../servent/defence-settings';
import { parseOptions } from '../../../servent/options';
import { OperatorError } from '../../../shared/errors';
import { DATAGRAM_MAX } from '../../../shared/wire/writer';

async function defencesOf(...words: string[]) {
  const parsed = await parseOptions(['5000', 'pairs.txt', ...words]);
  if (!('options' in parsed)) throw new Error('expected options');
  return parsed.options.defences;
}

async function refusal(...words: string[]): Promise<string> {
  try {
    await defencesOf(...words);
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('the options of the defences', () => {
  it('are, when none is given, those that the specification of the defaults says', async () => {
    expect(await defencesOf()).to.deep.equal(DEFENCE_DEFAULTS);
    expect(DEFENCE_DEFAULTS).to.deep.equal({
      publicLimits: {
        questions: { perSecond: 50, burst: 125 },
        answers: { perSecond: 50, burst: 125 },
        bytes: { perSecond: 65_536, burst: 65_536 },
      },
      privateLimits: {
        questions: { perSecond: 2000, burst: 4000 },
        answers: { perSecond: 2000, burst: 4000 },
        bytes: { perSecond: 4_194_304, burst: 4_194_304 },
      },
      strangers: { perSecond: 2000, burst: 4000 },
      strictNeighbours: false,
      allow: [],
      dryRun: false,
    });
  });

  it('take two rates, for public and for private addresses, or one for both', async () => {
    const both = await defencesOf('--answer-rate', '10', '--answer-bytes', '100000,200000', '--question-rate', '1.5,0');
    expect(both.publicLimits).to.deep.equal({
      questions: { perSecond: 1.5, burst: 3.75 },
      answers: { perSecond: 10, burst: 25 },
      bytes: { perSecond: 100_000, burst: 100_000 },
    });
    expect(both.privateLimits).to.deep.equal({
      questions: { perSecond: 0, burst: 1 },
      answers: { perSecond: 10, burst: 20 },
      bytes: { perSecond: 200_000, burst: 200_000 },
    });
  });

  it('leave room for one answer in every burst, and for the longest in the bytes', async () => {
    const { publicLimits } = await defencesOf('--answer-rate', '0.1', '--answer-bytes', '1');
    expect(publicLimits.answers).to.deep.equal({ perSecond: 0.1, burst: 1 });
    expect(publicLimits.bytes).to.deep.equal({ perSecond: 1, burst: DATAGRAM_MAX });
  });

  it('take the flags, the strangers and, again and again, who may be answered', async () => {
    const words = ['--strict-neighbours', '--dry-run', '--stranger-rate', '7', '--allow', '10.0.0.0/8'];
    expect(await defencesOf(...words, '--allow', '203.0.113.7', '--allow', '0.0.0.0/0')).to.deep.include({
      strictNeighbours: true,
      dryRun: true,
      strangers: { perSecond: 7, burst: 14 },
      allow: [
        { base: 0x0a000000, mask: 0xff000000 },
        { base: 0xcb007107, mask: 0xffffffff },
        { base: 0, mask: 0 },
      ],
    });
  });

  const refused: [option: string, word: string][] = [
    ['--answer-rate', 'fast'],
    ['--answer-rate', '-1'],
    ['--answer-rate', '1,'],
    ['--answer-rate', '1,2,3'],
    ['--answer-rate', '1e9'],
    ['--answer-rate', '1000000001'],
    ['--answer-bytes', ''],
    ['--answer-bytes', '0x10'],
    ['--question-rate', 'NaN'],
    ['--stranger-rate', '1,2'],
    ['--stranger-rate', 'Infinity'],
    ['--allow', '10.0.0.0/33'],
    ['--allow', '10.0.0.0/'],
    ['--allow', '10.0.0.0/8/8'],
    ['--allow', '10.0.0.1/8'],
    ['--allow', '10.0.0/24'],
    ['--allow', 'example.org'],
    ['--allow', '010.0.0.0/8'],
  ];
  for (const [option, word] of refused) {
    it(`refuse ${option} "${word}", and name it`, async () => {
      const message = await refusal(`${option}=${word}`);
      expect(message).to.include(option);
    });
  }
});
