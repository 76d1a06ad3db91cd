import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startServent } from '../../../../index';
import { askAll, isWrong } from '../../../../topologies/loopback/ask';

const WAIT_MS = 100;

describe('asking a running overlay', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'servent-test-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('tells who answered; asks again where an answer is missing, and not where one is too many', async () => {
    const a = await servent('a', 'all a\nonly-a a');
    const b = await servent('b', 'all b');
    try {
      const questions = [
        { at: 'a', key: 'all', expected: ['a', 'b'] },
        { at: 'b', key: 'all', expected: ['b'] },
        { at: 'a', key: 'only-a', expected: [] },
      ];
      const told: string[] = [];
      const findings = await askAll(questions, [a.running, b.running], WAIT_MS, (text) => told.push(text));
      expect(findings.map(({ answered, askedAgain }) => [answered, askedAgain])).to.deep.equal([
        [['a'], true],
        [['b'], false],
        [['a'], false],
      ]);
      expect(findings.map(isWrong)).to.deep.equal([true, false, true]);
      expect(told).to.include('3 of 3 questions asked').and.include('asking a for all again');
    } finally {
      await a.close();
      await b.close();
    }
  });

  it('shows a value that is not the name of who gave it', async () => {
    const a = await servent('a', 'all b');
    try {
      const question = { at: 'a', key: 'all', expected: ['a'] };
      const [finding] = await askAll([question], [a.running], WAIT_MS, () => {});
      expect(finding!.answered).to.deep.equal(['a says "b"']);
      expect(isWrong(finding!)).to.equal(true);
    } finally {
      await a.close();
    }
  });

  async function servent(name: string, pairs: string) {
    const file = join(folder, name);
    writeFileSync(file, pairs);
    const started = await startServent({ port: 0, file, bind: '127.0.0.1' });
    const running = { name, address: started.address, file, keys: 1, neighbours: [] };
    return { running, close: () => started.close() };
  }
});
