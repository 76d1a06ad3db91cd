import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { historyFile, loadHistory, saveHistory } from '../../../../shared/program/history';

describe("a prompt's history", () => {
  it('is kept, newest first, in folders made for the user alone', () => {
    const folder = mkdtempSync(join(tmpdir(), 'servent-history-'));
    try {
      const path = historyFile({ XDG_STATE_HOME: join(folder, 'some', 'state') }, 'history');
      expect(path).to.equal(join(folder, 'some', 'state', 'servent', 'history'));
      expect(loadHistory(path)).to.deep.equal([]);
      saveHistory(path, ['new', 'old']);
      expect(loadHistory(path)).to.deep.equal(['new', 'old']);
      if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).to.equal(0o600);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('that cannot be kept is given up at once', () => {
    for (const folder of ['/proc', '/proc/self/nowhere', '/dev/null']) {
      const path = historyFile({ XDG_STATE_HOME: folder }, 'history');
      saveHistory(path, ['key']);
      expect(loadHistory(path)).to.deep.equal([]);
    }
  });
});
