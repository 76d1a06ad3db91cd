/** Changes of the record whose holders are stopped, killed or failed by the files, at every step. */

import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import type { Files } from '../../../../store/coordination/local/files';
import { KEPT_VERSIONS, RecordFolder } from '../../../../store/coordination/local/record-folder';
import { Notices } from '../../../../store/coordination/notices';
import { configuration } from '../../../support/store/local-member';
import { failure, type Hook, MemoryFiles } from '../../../support/store/memory-files';

/** What a change does, in this order. */
const STEPS: (keyof Files)[] = ['list', 'writeFlushed', 'link', 'flushFolder', 'list', 'remove', 'list'];
const LINK = STEPS.indexOf('link');
/** From here on the outcome is known. */
const KNOWN = STEPS.indexOf('remove');

describe('the folder of the record', () => {
  let files: MemoryFiles;
  let notices: string[];
  let a: RecordFolder;

  beforeEach(async () => {
    files = new MemoryFiles();
    notices = [];
    await files.door().makeFolder('/record');
    a = open();
    await changeUpTo(1, 3);
  });

  function open(hook?: Hook): RecordFolder {
    return new RecordFolder('/record', files.door(hook), new Notices((sentence) => notices.push(sentence)));
  }

  async function changeUpTo(from: number, to: number): Promise<void> {
    for (let version = from; version <= to; version++) {
      expect(await a.change(configuration(version, 'a'))).to.equal('done');
    }
  }

  it('takes these steps to change it', async () => {
    const steps: (keyof Files)[] = [];
    await open((step) => void steps.push(step)).change(configuration(4));
    expect(steps).to.deep.equal(STEPS);
  });

  it('keeps the last versions and nothing else', async () => {
    await changeUpTo(4, KEPT_VERSIONS + 5);
    const names = files.names('/record');
    expect(names).to.have.lengthOf(KEPT_VERSIONS);
    expect([names[0], names.at(-1)]).to.deep.equal(['0000000006.json', '0000000105.json']);
  });

  it('sweeps away what a killed one left; a torn draft is never a version', async () => {
    const b = open((step) => (step === 'writeFlushed' ? new Promise(() => {}) : undefined));
    void b.change(configuration(4, 'b'));
    await turn();
    expect(files.names('/record')[3]).to.match(/^0000000004\..*\.draft$/);
    expect(await a.read()).to.deep.equal(configuration(3, 'a'));
    await changeUpTo(4, 4);
    expect(files.names('/record').slice(3)).to.deep.equal(['0000000004.json']);
  });

  it('reads on when the version that it was about to read was removed meanwhile', async () => {
    let reads = 0;
    const b = open(async (step) => {
      if (step === 'read' && reads++ === 0) await changeUpTo(4, KEPT_VERSIONS + 5);
    });
    expect(await b.read()).to.deep.equal(configuration(KEPT_VERSIONS + 5, 'a'));
  });

  it('makes lasting what it reads, or does not tell it', async () => {
    const b = open((step) => {
      if (step === 'flushFolder') throw failure('EIO');
    });
    const error = await b.read().catch((thrown: Error) => thrown);
    expect(error).to.have.property('message', 'cannot read /record: EIO');
  });

  for (const [n, step] of STEPS.entries()) {
    const name = `${step} (step ${n + 1} of a change)`;

    for (const [ahead, others] of [
      ['a version', 1],
      ['more versions than are kept', KEPT_VERSIONS + 10],
    ] as const) {
      it(`one stopped before ${name}, while others go on by ${ahead}, holds up nobody and tells no wrong outcome`, async () => {
        let goOn = (): void => {};
        const stopped = new Promise<void>((resolve) => {
          goOn = resolve;
        });
        let steps = 0;
        const change = open(() => (steps++ === n ? stopped : undefined)).change(configuration(4, 'b'));
        await turn();
        const linked = (await a.read())?.version === 4;
        expect(linked).to.equal(n > LINK);
        const last = others + (linked ? 4 : 3);
        await changeUpTo(linked ? 5 : 4, last);
        goOn();
        // Its version had been removed again: it made it once more, and saw that a later one is there.
        const anew = STEPS[n] === 'writeFlushed' && others > KEPT_VERSIONS;
        const late = linked || anew ? 'unknown' : 'refused';
        expect(await change).to.equal(n < KNOWN ? late : 'done');
        expect(notices).to.deep.equal([]);
        expect(await open().read()).to.deep.equal(configuration(last, 'a'));
        await changeUpTo(last + 1, last + 1);
      });
    }

    it(`one that fails at ${name} says what is true of the record`, async () => {
      let steps = 0;
      const b = open(() => {
        if (steps++ >= n) throw failure('EIO');
      });
      expect(await b.change(configuration(4, 'a'))).to.equal(n < LINK ? 'refused' : n < KNOWN ? 'unknown' : 'done');
      const version = (await a.read())!.version;
      expect(version).to.equal(n > LINK ? 4 : 3);
      const reason = step === 'list' ? 'cannot read /record: EIO' : 'EIO';
      expect(notices).to.deep.equal(n < KNOWN ? [`cannot change the record in /record: ${reason}`] : []);
      await changeUpTo(version + 1, version + 1);
    });
  }
});
