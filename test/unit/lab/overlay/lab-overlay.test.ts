/** What can be tried with an overlay of the lab, and what comes of it. */

import { expect } from 'chai';
import { LabOverlay } from '../../../../lab/overlay/lab-overlay';
import type { OverlayChoice } from '../../../../lab/overlay/shown-overlay';
import type { LabEvent } from '../../../../lab/view';

describe('an overlay of the lab', () => {
  let told: LabEvent[];
  const open = (overlay: string, more: Partial<OverlayChoice> = {}): Promise<LabOverlay> => {
    told = [];
    return LabOverlay.open(
      { overlay, sizes: {}, ground: 'virtual', ...more },
      { timeoutMs: 1000, tell: (event) => told.push(event) },
    );
  };
  const answerers = (lab: LabOverlay, contact: string, key: string): string[] => {
    lab.ask(contact, key);
    const names = new Map(lab.view().servents.map(({ name, address }) => [address, name]));
    return lab.questions.at(-1)!.view.answers.map(({ from }) => names.get(from)!);
  };

  it('answers no more from a servent that is down, nor through it, and again when it is up', async () => {
    const lab = await open('line');
    expect(answerers(lab, 's1', 'tcpmux')).to.deep.equal(['s1', 's2', 's4']);
    await lab.setServent('s2', false);
    expect(answerers(lab, 's1', 'tcpmux')).to.deep.equal(['s1']);
    await lab.setServent('s2', true);
    expect(answerers(lab, 's1', 'tcpmux')).to.deep.equal(['s1', 's2', 's4']);
  });

  it('asks nobody over a link that is cut, and one way alone over a one-way link', async () => {
    const lab = await open('line');
    await lab.setLink('s3', 's2', { up: false });
    expect(answerers(lab, 's1', 'tcpmux')).to.deep.equal(['s1', 's2']);
    await lab.setLink('s2', 's3', { up: true });
    await lab.setLink('s2', 's1', { oneWay: true });
    expect(answerers(lab, 's1', 'tcpmux')).to.deep.equal(['s1']);
    expect(answerers(lab, 's2', 'tcpmux')).to.include('s1');
    expect(lab.view().links[0]).to.include({ from: 's2', to: 's1', oneWay: true });
  });

  it('loses on a lossy link what is sent there', async () => {
    const lab = await open('line');
    await lab.setLink('s1', 's2', { lossPercent: 100 });
    expect(answerers(lab, 's1', 'tcpmux')).to.deep.equal(['s1']);
    expect(lab.questions[0]!.view.copies.some(({ reason }) => reason === 'lost on the way')).to.equal(true);
  });

  it('refuses loss where sockets lose nothing, and says why', async () => {
    const lab = await open('line', { ground: 'sockets', sizes: { servents: 2 } });
    try {
      expect(lab.view().cannot.loss).to.match(/the sockets of loopback lose nothing/);
      const refused = await lab.setLink('s1', 's2', { lossPercent: 5 }).catch((error: Error) => error.message);
      expect(refused).to.equal('expected no loss: the sockets of loopback lose nothing; virtual time does');
    } finally {
      await lab.close();
    }
  });

  it("changes a key's value, whatever its bytes mean elsewhere", async () => {
    const lab = await open('line');
    await lab.setPair('s1', '<b>__proto__</b>', '<script>alert(1)</script>');
    lab.ask('s1', '<b>__proto__</b>');
    expect(lab.questions[0]!.view.answers.map(({ value }) => value)).to.deep.equal(['<script>alert(1)</script>']);
    expect(lab.keysWith('<b>')).to.deep.equal(['<b>__proto__</b>']);
    const refused = await lab.setPair('s1', 'two words', 'x').catch((error: Error) => error.message);
    expect(refused).to.match(/^expected a key without blanks/);
  });

  it('gives way to another one, and stays when that cannot be', async () => {
    const lab = await open('line');
    await lab.choose({ overlay: 'ring', sizes: { servents: 9 }, ground: 'virtual' });
    expect(lab.view()).to.deep.include({ name: 'ring', ground: 'virtual' });
    expect(told.map(({ kind }) => kind)).to.deep.equal(['questions', 'overlay']);
    const refused = await lab
      .choose({ overlay: 'mesh', sizes: { servents: 301 }, ground: 'sockets' })
      .catch((error: Error) => error.message);
    expect(refused).to.match(/^expected/);
    expect(lab.view().servents).to.have.length(9);
  });

  it('shows pairs by the page, searched', async () => {
    const lab = await open('line');
    const { total, pages, pairs } = lab.pairsOf('s1', 'tcpmux', 99);
    expect({ total, pages, keys: pairs.map(([key]) => key) }).to.deep.equal({ total: 1, pages: 1, keys: ['tcpmux'] });
    expect(lab.pairsOf('s1', '', 1).pairs).to.have.length(10);
  });

  it('counts what a servent hears', async () => {
    const lab = await open('line');
    answerers(lab, 's1', 'tcpmux');
    const counters = new Map(lab.panelOf('s2').counters);
    expect([counters.get('QUERY heard'), counters.get('RESPONSE sent'), lab.panelOf('s2').seen]).to.deep.equal([
      1, 1, 1,
    ]);
    expect(() => lab.panelOf('s99')).to.throw('expected a servent of line, got "s99"');
  });
});
