import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { Prompt } from '../../../../shared/program/prompt';
import type { Streams } from '../../../../shared/program/run-main';
import { Screen } from '../../../support/screen';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

describe('a prompt, on a screen of 20 columns,', () => {
  let state: string;
  let input: PassThrough & { setRawMode?: () => void };
  let screen: Screen;
  let prompt: Prompt;
  let givenUp: number;
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), 'servent-prompt-'));
    input = Object.assign(new PassThrough(), { setRawMode: () => {} });
    screen = new Screen(20);
    givenUp = 0;
    const streams = {
      input,
      output: screen,
      environment: { XDG_STATE_HOME: state },
      out: (line: string) => void screen.write(`${line}\n`),
      onSignal: () => {},
    } as unknown as Streams;
    prompt = new Prompt(streams, {
      prompt: 'key> ',
      history: 'history',
      completer: (line) => [[], line],
      giveUp: () => givenUp++,
    });
  });
  afterEach(() => {
    input.end(CTRL_D);
    rmSync(state, { recursive: true });
  });

  const type = async (keys: string): Promise<void> => {
    input.write(keys);
    await setImmediate();
  };

  it('keeps what is being typed below what is printed', async () => {
    const lines = prompt.lines();
    const first = lines.next();
    await type('one\r');
    expect((await first).value).to.equal('one');
    await type('tw');
    prompt.print('an answer');
    await type('o');
    expect(screen.text).to.equal('key> one\nan answer\nkey> two');
  });

  for (const [how, pieces] of [
    ['typed', [...'abcdefghijklmnopqrstuvwxyz']],
    ['pasted', ['abcdefghijklmnopqrstuvwxyz']],
    ['typed to the last column', [...'abcdefghijklmno']],
    ['pasted to the last column', ['abcdefghijklmno']],
  ] as const) {
    it(`keeps a line over several rows, ${how}`, async () => {
      const line = pieces.join('');
      const rows = `key> ${line}`.match(/.{1,20}/g)!.join('\n');
      const lines = prompt.lines();
      const next = lines.next();
      for (const piece of pieces) await type(piece);
      prompt.print('one');
      prompt.print('two');
      expect(screen.text).to.equal(`one\ntwo\n${rows}`);
      prompt.show('(waiting 1 of 8 s) ');
      prompt.show('(waiting 2 of 8 s) ');
      prompt.show('');
      expect(screen.text).to.equal(`one\ntwo\n${rows}`);
      await type('\r');
      expect((await next).value).to.equal(line);
      prompt.print('three');
      // Behind a full row readline leaves an empty one.
      const last = rows.length % 21 === 20 ? '\n' : '';
      expect(screen.text).to.equal(`one\ntwo\n${rows}${last}\nthree\nkey>`);
    });
  }

  it('shows a line typed ahead again behind the prompt, and whatever it was typed behind stays', async () => {
    const lines = prompt.lines();
    const first = lines.next();
    await type('one\r');
    await first;
    prompt.show('(waiting) ');
    await type('two\rthr');
    prompt.show('');
    prompt.print('an answer');
    expect((await lines.next()).value).to.equal('two');
    expect(screen.text).to.equal('key> one\n(waiting) two\nan answer\nkey> two\nkey> thr');
    await type('ee\r');
    expect((await lines.next()).value).to.equal('three');
  });

  it('gives up at Ctrl-C what is being worked on, and else the line', async () => {
    const lines = prompt.lines();
    const first = lines.next();
    await type(`abcdefghijklmnopqrstuvwxyz${CTRL_C}`);
    expect(givenUp).to.equal(0);
    expect(screen.text).to.equal('key> abcdefghijklmno\npqrstuvwxyz\nkey>');
    await type('one\r');
    expect((await first).value).to.equal('one');
    await type(`two${CTRL_C}`);
    expect(givenUp).to.equal(1);
    expect(screen.text.endsWith('key> one\nkey> two')).to.equal(true);
  });

  it('ends at Ctrl-D, which gives up what is being worked on, and prints on', async () => {
    const lines = prompt.lines();
    const first = lines.next();
    await type('one\r');
    await first;
    await type(CTRL_D);
    expect(givenUp).to.equal(1);
    prompt.print('given up');
    expect((await lines.next()).done).to.equal(true);
    expect(screen.text).to.equal('key> one\ngiven up');
  });
});
