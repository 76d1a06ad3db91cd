import { expect } from 'chai';
import { paintFor } from '../../../../shared/program/colour';

describe('colour', () => {
  const cases: [isTTY: boolean, environment: NodeJS.ProcessEnv, colourful: boolean][] = [
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [false, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ];
  for (const [isTTY, environment, colourful] of cases) {
    it(`is ${colourful ? 'shown' : 'left out'} ${isTTY ? 'in a terminal' : 'elsewhere'} with ${JSON.stringify(environment)}`, () => {
      const painted = paintFor({ isTTY }, environment)('cyan', 'x');
      expect(painted).to.equal(colourful ? '\u001b[36mx\u001b[0m' : 'x');
    });
  }
});
