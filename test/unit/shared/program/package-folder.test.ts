/** Finding the package. */

import { existsSync } from 'node:fs';
import { join, parse } from 'node:path';
import { expect } from 'chai';
import { packageFolder } from '../../../../shared/program/package-folder';
import { ROOT } from '../../../support/commands';

describe('the package folder', () => {
  it('is the nearest with a package.json', () => {
    expect(packageFolder()).to.equal(ROOT);
    expect(packageFolder(join(ROOT, 'no', 'such', 'folder'))).to.equal(ROOT);
  });

  it('is looked for up to the root, and no further', function () {
    const { root } = parse(ROOT);
    if (existsSync(join(root, 'package.json'))) return this.skip();
    const start = join(root, 'no', 'such', 'folder');
    expect(() => packageFolder(start)).to.throw(`expected a package.json in ${start} or above it, found none`);
  });
});
