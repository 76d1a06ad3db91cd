import { expect } from 'chai';
import { OperatorError } from '../../../../shared/errors';
import { parseCommandLine } from '../../../../shared/program/command-line';
import type { Command, CommandLine, Declarations } from '../../../../shared/program/declarations';
import { helpText } from '../../../../shared/program/help';
import { manPage } from '../../../../shared/program/man-page';

const FETCH: Command<object> = {
  synopsis: '$0 <place> [what..]',
  about: 'Fetch things from a place',
  positionals: (line: Declarations) =>
    line
      .positional('place', { demandOption: true, describe: 'Where to go' })
      .positional('what', { array: true, default: [], describe: 'What to fetch' }),
  declareOptions: (line: Declarations) =>
    line
      .option('by', { type: 'string', value: 'vehicle', default: 'bus', describe: 'How to go' })
      .option('output', { type: 'string', alias: 'o', describe: 'Where to put it' })
      .option('pace', { choices: ['slow', 'fast'], default: 'slow', describe: 'How fast' })
      .option('via', { type: 'string', array: true, nargs: 1, default: [], describe: 'Through' })
      .option('two-ways', { type: 'boolean', default: false, describe: 'And back' })
      .option('rest', { type: 'boolean', default: true, describe: 'Sit down in between' }),
  toOptions: ({ $0: _, _: __, ...given }) => given,
};
const LONE: CommandLine<object> = {
  name: 'fetch',
  commands: [FETCH],
  lists: ['what', 'via'],
  examples: [['fetch home slippers', 'an example']],
  epilogue: 'It always comes back.',
};
const SEVERAL: CommandLine<object> = {
  ...LONE,
  name: 'dog',
  commands: [
    { ...FETCH, synopsis: 'fetch <place> [what..]' },
    {
      ...FETCH,
      synopsis: 'sit',
      positionals: (line: Declarations) => line,
      declareOptions: (line: Declarations) => line,
    },
  ],
};

async function parse(words: string[], line = LONE): Promise<unknown> {
  const parsed = await parseCommandLine(line, words);
  return 'text' in parsed ? parsed.text : parsed.options;
}

async function refusal(words: string[], line = LONE): Promise<string> {
  try {
    return `accepted: ${JSON.stringify(await parse(words, line))}`;
  } catch (error) {
    if (error instanceof OperatorError && error.code === 'usage') return error.message;
    throw error;
  }
}

const DEFAULTS = { by: 'bus', pace: 'slow', via: [], 'two-ways': false, rest: true };

describe('a command line', () => {
  it('gives every word as text, and every default', async () => {
    expect(await parse(['1e3', '007', '0x10', '-'])).to.deep.equal({
      ...DEFAULTS,
      place: '1e3',
      what: ['007', '0x10', '-'],
    });
  });

  it('takes options before, between and behind the words, with = or without', async () => {
    const words = ['--by=a=b', 'home', '-o', 'file', 'x', '--two-ways', '--pace', 'fast', 'y'];
    expect(await parse(words)).to.deep.include({
      ...{ by: 'a=b', output: 'file', pace: 'fast', 'two-ways': true },
      ...{ place: 'home', what: ['x', 'y'] },
    });
  });

  it('takes a list again and again, and --no- for what is on', async () => {
    expect(await parse(['home', '--via', 'a', '--via', 'b', '--no-rest'])).to.deep.include({
      via: ['a', 'b'],
      rest: false,
    });
  });

  it('takes all that stands behind -- as words', async () => {
    expect(await parse(['home', '--', '-x', '--help', '--by', '--'])).to.deep.include({
      what: ['-x', '--help', '--by', '--'],
    });
  });

  it('finds the command by its first word', async () => {
    expect(await parse(['fetch', 'sit', 'fetch'], SEVERAL)).to.deep.include({ place: 'sit', what: ['fetch'] });
    expect(await parse(['sit'], SEVERAL)).to.deep.equal({});
  });

  const refused: [words: string[], message: string][] = [
    [[], 'expected fetch <place> [what..], got nothing'],
    [['home', '--nosuch'], 'expected an option of fetch, got "--nosuch"'],
    [['home', '--nosuch=1'], 'expected an option of fetch, got "--nosuch"'],
    [['home', '-foo'], 'expected an option of fetch, got "-foo"'],
    [['home', '--twoWays'], 'expected an option of fetch, got "--twoWays"'],
    [['home', '--by.x', '1'], 'expected an option of fetch, got "--by.x"'],
    [['home', '--no-by'], 'expected an option of fetch, got "--no-by"'],
    [['home', '--two-ways=maybe'], 'expected --two-ways alone, got "--two-ways=maybe"'],
    [['home', '--by', 'a', '--by=b'], 'expected --by once, got it twice'],
    [['home', '--two-ways', '--no-two-ways'], 'expected --no-two-ways once, got it twice'],
    [['home', '--by'], 'expected a value behind --by, got nothing'],
    [['home', '-o', '--by', 'a'], 'expected a value behind -o, got "--by"'],
    [['home', '--pace', 'quick'], 'expected slow or fast for --pace, got "quick"'],
  ];
  for (const [words, message] of refused) {
    it(`refuses "${words.join(' ')}": ${message}`, async () => {
      expect(await refusal(words)).to.equal(`${message}; fetch --help says more`);
    });
  }

  it('refuses no command, one that is none, and words that a command has no place for', async () => {
    expect(await refusal([], SEVERAL)).to.match(/^expected fetch or sit, got nothing/);
    expect(await refusal(['roll', 'over'], SEVERAL)).to.match(/^expected fetch or sit, got only "roll over"/);
    expect(await refusal(['sit', 'down'], SEVERAL)).to.match(/^expected dog sit, got "down" too/);
    expect(await refusal(['fetch'], SEVERAL)).to.match(/^expected dog fetch <place> \[what\.\.\], got only "fetch"/);
  });

  for (const word of ['--help', '-h']) {
    it(`gives help for ${word}, whatever else stands there`, async () => {
      expect(await parse([word, '--nosuch'])).to.equal(helpText(LONE, undefined));
      expect(await parse([word], SEVERAL)).to.match(/^dog <command>\n/);
      expect(await parse(['sit', word], SEVERAL)).to.match(/^dog sit\n/);
    });
  }

  it('gives the version for --version and -V', async () => {
    for (const word of ['--version', '-V']) expect(await parse([word])).to.match(/^\d+\.\d+\.\d+$/);
  });
});

describe('help', () => {
  it('names every word and option with its value and default', () => {
    const help = helpText(LONE, undefined);
    expect(help.split('\n')).to.include.members([
      'fetch <place> [what..]',
      '  place  Where to go',
      '  --by <vehicle>        How to go [default: bus]',
      '  -o, --output <value>  Where to put it',
      '  --pace slow|fast      How fast [default: slow]',
      '  --two-ways            And back',
      '  --rest                Sit down in between [default: on]',
      '  -h, --help            Print this help',
    ]);
  });

  it('keeps to 80 columns and breaks no word', () => {
    const long = 'a supercalifragilistic word, '.repeat(20).trim();
    const help = helpText({ ...LONE, epilogue: long, commands: [{ ...FETCH, about: long }] }, undefined);
    for (const line of help.split('\n')) expect(line.length).to.be.at.most(80);
    expect(help.replace(/\s+/g, ' ')).to.include(long);
  });
});

describe('a manual page', () => {
  it('says what help says', () => {
    const page = manPage(LONE, 'go and fetch', '1.2.3');
    expect(page).to.include('.TH FETCH 1 "" "servent 1.2.3"').and.include('fetch \\- go and fetch');
    expect(page).to.include('.TP\n.B \\-\\-by <vehicle>\nHow to go. Default: bus.');
    expect(manPage(SEVERAL, 'be a dog', '1.2.3'))
      .to.include('.SS fetch <place> [what..]')
      .and.include('.SS sit');
  });

  it('begins no line of text like a request', () => {
    const page = manPage({ ...LONE, epilogue: '.so /etc/passwd' }, "'go", '1.2.3');
    expect(page).to.include('\n\\&.so').and.include("\\- \\&'go");
  });
});
