/** What the lab records of a flood, on simulated overlays whose floods are known. */

import { expect } from 'chai';
import { captureOf, jsonLinesOf } from '../../../../lab/overlay/export';
import { LabOverlay } from '../../../../lab/overlay/lab-overlay';
import type { Copy, LabEvent } from '../../../../lab/view';

describe('what the lab records of a flood', () => {
  const asked = async (
    overlay: string,
    contact: string,
    key: string,
  ): Promise<{ lab: LabOverlay; told: LabEvent[] }> => {
    const told: LabEvent[] = [];
    const lab = await LabOverlay.open(
      { overlay, sizes: {}, ground: 'virtual' },
      { timeoutMs: 1000, tell: (event) => told.push(structuredClone(event)) },
    );
    lab.ask(contact, key);
    return { lab, told };
  };
  const said = ({ from, to, ttl, fate }: Copy): string => `${from}>${to} ${ttl ?? '-'} ${fate}`;

  it('is each datagram, from whom to whom, with its ttl, and what it was there', async () => {
    const { lab } = await asked('line', 's1', 'tcpmux');
    const { copies, answers, end } = lab.questions[0]!.view;
    expect([...copies].sort((a, b) => a.id - b.id).map(said)).to.deep.equal([
      'client>s1 - came',
      's1>s2 3 first',
      's1>client - came',
      's2>client - came',
      's2>s3 2 first',
      's3>s4 1 first',
      's4>client - came',
    ]);
    expect(answers.map(({ from }) => from)).to.deep.equal(['10.0.0.1:5000', '10.0.0.2:5000', '10.0.0.4:5000']);
    expect(end!.words).to.match(/^no more responses \(3 in/);
  });

  it('tells a later copy with a higher ttl from a duplicate', async () => {
    const { lab } = await asked('diamond', 's1', 'nobody-holds-this');
    const fates = lab.questions[0]!.view.copies.map(({ fate }) => fate);
    expect(fates).to.include('higher');
    await lab.setRule(true);
    lab.ask('s1', 'nor-this');
    const literal = lab.questions[1]!.view.copies.map(({ fate }) => fate);
    expect(literal).to.include('duplicate').and.not.to.include('higher');
  });

  it('is a question that nobody heard where the servent asked is down', async () => {
    const { lab } = await asked('line', 's1', 'x');
    await lab.setServent('s1', false);
    lab.ask('s1', 'tcpmux');
    const { copies, answers } = lab.questions[1]!.view;
    expect(copies.map(said)).to.deep.equal(['client>s1 - lost']);
    expect(answers).to.deep.equal([]);
  });

  it('names the datagrams that came to a servent that is down', async () => {
    const { lab } = await asked('line', 's1', 'x');
    await lab.setServent('s3', false);
    lab.ask('s1', 'tcpmux');
    const lost = lab.questions[1]!.view.copies.filter(({ fate }) => fate === 'lost');
    expect(lost.map(({ from, to, reason }) => [from, to, reason])).to.deep.equal([
      ['s2', 's3', 'its receiver is down'],
    ]);
  });

  it('is told as it goes, so that whoever hears all of it knows as much', async () => {
    const { lab, told } = await asked('islands', 's1', 'tcpmux');
    const { view } = lab.questions[0]!;
    const copies = told.flatMap((event) => (event.kind === 'copy' ? [event.copy] : []));
    expect(copies).to.deep.equal(view.copies);
    expect(told.filter(({ kind }) => kind === 'answer')).to.have.length(view.answers.length);
    expect(told.at(-1)!.kind).to.equal('ended');
  });

  it('goes out as JSON lines and as packets, in the order in which it was sent', async () => {
    const { lab } = await asked('line', 's1', 'tcpmux');
    const lines = jsonLinesOf(lab, 1)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).id);
    expect(lines).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
    const capture = Buffer.from(captureOf(lab, 1));
    // A file's header, then seven records: the first packet is UDP from the client to 10.0.0.1:5000, a CLIREQ.
    expect(capture.readUInt32LE(0)).to.equal(0xa1b2c3d4);
    const packet = capture.subarray(24 + 16);
    expect([packet[9], packet.readUInt32BE(16), packet.readUInt16BE(22)]).to.deep.equal([17, 0x0a000001, 5000]);
    expect(packet.subarray(28, 36)).to.deep.equal(Buffer.from('\0\x01tcpmux'));
    expect(() => jsonLinesOf(lab, 9)).to.throw('expected one of the latest questions, got 9');
  });
});
