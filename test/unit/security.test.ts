import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { MUTANTS } from '../sim/servent/worlds/mutants';
import { ROOT } from '../support/commands';
import { amplificationLines } from '../support/servent/amplification';

const text = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');

describe('SECURITY.md', () => {
  it('publishes what the limits let through toward one address, as the core does it', () => {
    const published = text.split('\n').filter((line) => /^\| [\d,]+ \|/.test(line));
    expect(published).to.deep.equal(amplificationLines());
  });

  it('names tests that are there', () => {
    const named = [...text.matchAll(/`((?:test|bench)\/[\w./-]+)`/g)].map(([, path]) => path!);
    expect(named.length).to.be.above(5);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).to.deep.equal([]);
  });

  it('counts the planted bugs', () => {
    expect(text).to.include(`each of ${Object.keys(MUTANTS).length} planted bugs`);
  });

  it('names scripts that are there', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = [...text.matchAll(/`npm run ([\w:]+)/g)].map(([, name]) => name!);
    expect(named.filter((name) => !(name in scripts))).to.deep.equal([]);
  });
});
