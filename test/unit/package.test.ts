import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../support/commands';

const { bin, man, files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  bin: Record<string, string>;
  man: string[];
  files: string[];
};

describe('the package', () => {
  it('has a manual page for each command, made from what the command declares', () => {
    expect([...man].sort()).to.deep.equal(
      Object.keys(bin)
        .map((name) => `dist/man/${name}.1`)
        .sort(),
    );
    const pages = readFileSync(join(ROOT, 'man', 'main.ts'), 'utf8');
    for (const script of new Set(Object.values(bin))) {
      expect(pages).to.contain(`from '${dirname(script).replace('dist', '..')}/`);
    }
  });

  it('brings what a service is made of', () => {
    expect(files).to.include.members(['dist', 'service']);
  });
});
