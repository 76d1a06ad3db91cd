import { expect } from 'chai';
import { type Build, REAL } from './worlds/build';
import { hunt } from './worlds/hunt';
import { MUTANTS, mutantOf, SHELL_MUTANTS } from './worlds/mutants';
import { Violation } from './worlds/states';

/** The planted bug that hides best needs some 600. */
const WORLDS_A_MUTANT = 6000;
/** Nobody waits for it: however busy the machine, seconds of its work are done within this time. */
const TIMEOUT_MS = 1_800_000;

describe('simulated clusters of the store find a replica that', function () {
  this.timeout(TIMEOUT_MS);
  const needed: string[] = [];
  const found = (name: string, build: Build): void => {
    const { failure, worlds } = hunt(1, WORLDS_A_MUTANT, build);
    if (!failure) expect.fail(`${name}: not found in ${worlds} worlds`);
    // A rule has to see it: a planted bug that cannot even run shows nothing.
    expect(failure.error).to.be.instanceOf(Violation);
    needed.push(`${String(worlds).padStart(6)}  ${name}: ${failure.error.message.slice(0, 80)}`);
  };

  for (const [name, changes] of Object.entries(MUTANTS)) it(name, () => found(name, mutantOf(changes)));
  for (const [name, parts] of Object.entries(SHELL_MUTANTS)) it(name, () => found(name, { ...REAL, ...parts }));

  after(() => {
    if (process.env['SHOW_MUTANTS']) console.log(['worlds  planted bug: rule that it broke', ...needed].join('\n'));
  });
});
