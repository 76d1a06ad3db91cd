import { join } from 'node:path';
import { expect } from 'chai';
import { Repository } from '../../../../backup/repository/repository';
import { handlersOf } from '../../../../backup/server/questions';
import { Runs } from '../../../../backup/server/runs';
import { temporaryFolders } from '../../../support/backup/folders';
import { putCopy, SOURCE } from '../../../support/backup/small-repository';

describe('what a server answers', () => {
  const folder = temporaryFolders();
  let repository: Repository;
  let handlers: ReturnType<typeof handlersOf>;

  beforeEach(async () => {
    repository = await Repository.open(join(folder(), 'repository'));
    await putCopy(repository, { letter: ['dear'] });
    const settings = { parallel: 1, throttle: async () => {}, tlsCa: undefined, onRun: () => {}, onProblem: () => {} };
    const runs = await Runs.open(repository, settings);
    handlers = handlersOf({ repository, runs, parallel: 1, sinceMs: 0, shutdown: () => {} });
  });
  afterEach(() => repository.close());

  for (const question of ['ls', 'save', 'restore'] as const) {
    it(`${question}: a copy can be removed after somebody left before the first byte of it`, async () => {
      const answer = (await handlers[question]({ ...SOURCE, copy: 1, below: '' })) as AsyncGenerator | Bytes;
      await ('bytes' in answer ? answer.bytes : answer).return(undefined);
      const [copy] = await repository.copies.of(SOURCE);
      expect(await repository.copies.remove(copy!)).to.equal(true);
    });
  }

  it('query: a copy whose run was not recorded, for the server was killed behind it', async () => {
    const { copies } = (await handlers.query(SOURCE)) as { copies: object[] };
    expect(copies).to.deep.equal([{ atMs: 1_700_000_000_000, bytes: 4, entries: 2, copy: 1 }]);
  });
});

interface Bytes {
  bytes: AsyncGenerator;
}
