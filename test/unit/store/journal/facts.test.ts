/** A replica's facts: kept as they are, and every other content of their file is refused in one sentence. */

import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { START } from '../../../../store/entry';
import { type Facts, readFacts, writeFacts } from '../../../../store/journal/facts';
import { ForgetfulDisk } from '../../../support/store/forgetful-disk';

const FOLDER = '/disk';
const FACTS: Facts = {
  id: 'a',
  segments: 'log-1',
  base: { ...START, index: 7, epoch: 2, timeUs: 9 },
  marks: { epoch: 2 },
};
const DAMAGED = 'expected a replica\'s facts, got others in "/disk/replica.json"';

describe("a replica's facts", () => {
  it('are kept, without what else a position comes with', async () => {
    const disk = await empty();
    expect(await readFacts(disk, FOLDER)).to.equal(undefined);
    const base = { ...FACTS.base, line: 'of an entry' };
    await writeFacts(disk, FOLDER, { ...FACTS, base });
    expect(await readFacts(disk, FOLDER)).to.deep.equal(FACTS);
    expect(await disk.list(FOLDER)).to.deep.equal(['replica.json']);
    // For people, who may have to read them.
    expect(await disk.readText('/disk/replica.json')).to.match(/^{\n {2}"format": 1,\n.*\n}\n$/s);
  });

  it('are on disk when that is said, the whole of them or those before', async () => {
    for (let failsAt = 1; failsAt <= 4; failsAt++) {
      const disk = await empty();
      await writeFacts(disk, FOLDER, FACTS);
      disk.failsAt = disk.calls + failsAt;
      const next = { ...FACTS, marks: { epoch: 3 } };
      const isWritten = await writeFacts(disk, FOLDER, next).then(
        () => true,
        () => false,
      );
      const found = await readFacts(disk.afterPowerCut(), FOLDER);
      if (isWritten) expect(found).to.deep.equal(next);
      else expect([FACTS, next]).to.deep.include(found!);
      expect(isWritten).to.equal(failsAt === 4);
    }
  });

  const { base } = FACTS;
  const others: [what: string, content: unknown, code: string, message: string][] = [
    ['text', '{', 'damage', 'expected the JSON of a replica\'s facts, got other text in "/disk/replica.json"'],
    ['no format', {}, 'format', 'expected a replica\'s folder of format 1, got format none in "/disk/replica.json"'],
    ['nothing', null, 'format', 'expected a replica\'s folder of format 1, got format none in "/disk/replica.json"'],
    [
      'another format',
      { format: '2' },
      'format',
      'expected a replica\'s folder of format 1, got format "2" in "/disk/replica.json"',
    ],
    ['an identity that is no text', summed({ id: 1 }), 'damage', DAMAGED],
    ['a folder that is no text', summed({ segments: null }), 'damage', DAMAGED],
    ['no marks', summed({ marks: undefined }), 'damage', DAMAGED],
    ['no place', summed({ base: null }), 'damage', DAMAGED],
    ['a place that is none', summed({ base: 'here' }), 'damage', DAMAGED],
    ['a place without an index', summed({ base: { ...base, index: '7' } }), 'damage', DAMAGED],
    ['a place without an epoch', summed({ base: { ...base, epoch: 0.5 } }), 'damage', DAMAGED],
    ['a place without a time', summed({ base: { ...base, timeUs: undefined } }), 'damage', DAMAGED],
    ['a place without a sum', summed({ base: { ...base, sum: 1 } }), 'damage', DAMAGED],
    ['another sum', { ...summed({}), sum: 'another' }, 'damage', DAMAGED],
  ];
  for (const [what, content, code, message] of others) {
    it(`are not taken for such with ${what}`, async () => {
      const disk = await empty();
      const text = typeof content === 'string' ? content : JSON.stringify(content);
      await disk.writeFlushed('/disk/replica.json', text);
      const failure = await readFacts(disk, FOLDER).catch((error: Error) => error);
      expect(failure).to.include({ code, message });
      if (content === '{') expect(failure).to.have.property('cause').that.is.instanceOf(SyntaxError);
    });
  }

  it('are such whatever the core wrote down', async () => {
    const disk = await empty();
    await disk.writeFlushed('/disk/replica.json', JSON.stringify(summed({ marks: null })));
    expect((await readFacts(disk, FOLDER))?.marks).to.equal(null);
  });
});

async function empty(): Promise<ForgetfulDisk> {
  const disk = new ForgetfulDisk(() => 0);
  await disk.makeFolder(FOLDER);
  await disk.flushFolder('');
  return disk;
}

/** Facts, some of them others, with a sum that fits. */
function summed(others: object): object {
  const said = { format: 1, ...FACTS, ...others };
  return { ...said, sum: createHash('sha256').update(JSON.stringify(said)).digest('hex') };
}
