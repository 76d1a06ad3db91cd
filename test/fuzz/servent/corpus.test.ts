import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { runInput } from './target';

const CORPUS = join(__dirname, 'corpus');

describe('the corpus of the fuzzer', () => {
  it('breaks nothing, and still reaches answers, forwards, limits and every way to be malformed', () => {
    const outcomes = new Set(
      readdirSync(CORPUS)
        .filter((name) => name.endsWith('.bin'))
        .flatMap((name) => runInput(readFileSync(join(CORPUS, name)))),
    );
    expect([...outcomes].map((outcome) => outcome.split(': ')[1])).to.include.members([
      ...['RESPONSE,QUERY,QUERY', 'RESPONSE,QUERY', 'QUERY,QUERY', 'RESPONSE', 'QUERY', 'QUERY,QUERY,RESPONSE'],
      ...['short', 'unknown-type', 'client-address', 'client-port', 'empty-key', 'response', 'loopback-client', 'seen'],
      ...['expired', 'stranger-rate', 'question-rate', 'question-bytes', 'answer-rate', 'answer-bytes'],
    ]);
  });
});
