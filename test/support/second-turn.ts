/**
 * Mocha's reporter, and a second turn for a test with real processes that fails: the machine may have stood still. Whoever needed it is
 * told of at the end, with what failed: a test that comes there often is to be mended.
 */

import { relative, resolve, sep } from 'node:path';
import { type MochaOptions, Runner, reporters, type Test } from 'mocha';

const WITH_PROCESSES = `test${sep}e2e${sep}`;
const ROOT = resolve(__dirname, '..', '..');
const { EVENT_RUN_END, EVENT_TEST_BEGIN, EVENT_TEST_RETRY } = Runner.constants;

class SecondTurnReporter extends reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    const needed: string[] = [];
    runner.on(EVENT_TEST_BEGIN, (test: Test) => {
      if (relative(ROOT, test.file ?? '').startsWith(WITH_PROCESSES)) test.retries(1);
    });
    runner.on(EVENT_TEST_RETRY, (test: Test, error: Error) => {
      needed.push(`${test.fullTitle()}: ${error.message}`);
    });
    runner.once(EVENT_RUN_END, () => {
      if (needed.length > 0) console.log(`  Needed a second turn:\n\n    ${needed.join('\n    ')}\n`);
    });
  }
}

module.exports = SecondTurnReporter;
