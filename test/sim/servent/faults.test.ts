import { expect } from 'chai';
import { CLIREQ } from '../../../shared/wire/overlay/clireq';
import { typeOf } from '../../../shared/wire/overlay/header';
import type { LossReason } from '../../../simulator/node';
import { constant, PERFECT_PATH } from '../../../simulator/path';
import { line, type Overlay, ring } from '../../support/servent/overlay';

describe('under faults', () => {
  it('the client asks again when its first CLIREQ is lost', () => {
    const path = { ...PERFECT_PATH, lossPercent: 100 };
    const overlay = line(1).holding('ssh', [0]).with({ path });
    overlay.network.at(1000, () => void (path.lossPercent = 0));
    expect(overlay.ask('ssh', { at: 0 })).to.deep.include({ answerers: [0], asked: 2, ms: 8002 });
  });

  it('the client asks twice and never more', () => {
    const overlay = line(1).holding('ssh', [0]).path({ lossPercent: 100 });
    expect(overlay.ask('ssh', { at: 0 })).to.deep.include({ answerers: [], asked: 2, ms: 8000 });
  });

  it('more questions are answered with the retransmission than a loss of half the datagrams lets through once', () => {
    const QUESTIONS = 300;
    let [first, second] = [0, 0];
    for (let seed = 0; seed < QUESTIONS; seed++) {
      const { answerers, asked } = line(1)
        .holding('ssh', [0])
        .seed(seed)
        .path({ lossPercent: 50 })
        .ask('ssh', { at: 0 });
      if (answerers.length === 1 && asked === 1) first++;
      if (answerers.length === 1 && asked === 2) second++;
    }
    // A quarter of all round trips survive; of the three quarters that do not, a quarter does the second time.
    expect(first / QUESTIONS).to.be.within(0.17, 0.33);
    expect(second / QUESTIONS).to.be.within(0.12, 0.26);
  });

  it('a duplicated answer is shown once, and no servent answers a duplicated query again', () => {
    const responses = new Map<number, number>();
    const overlay = ring(6)
      .holding('ssh', [2, 3])
      .path({ duplicatePercent: 100 })
      .observing({
        answered: (servent) => void responses.set(servent, (responses.get(servent) ?? 0) + 1),
      });
    const question = overlay.network.ask({ contact: 3, key: Buffer.from('ssh') });
    overlay.network.run();
    // The contact heard the CLIREQ twice: these are two questions to it, and to the others.
    expect(overlay.outcome(question).answerers).to.deep.equal([2, 3]);
    expect([...responses.values()]).to.deep.equal([2, 2]);
  });

  it('datagrams overtake each other when some are held back', () => {
    const arrivals = (reorderPercent: number) => {
      const order: number[] = [];
      const overlay = line(2)
        .path({ delay: constant(5), reorderPercent, reorderMs: 50 })
        .observing({ received: (_servent, bytes) => void (typeOf(bytes) === CLIREQ && order.push(bytes[2]!)) });
      for (let i = 0; i < 50; i++)
        overlay.network.at(i, () => overlay.network.ask({ contact: 0, key: Uint8Array.of(i + 1) }));
      overlay.network.run(1000);
      return order;
    };
    const inOrder = Array.from({ length: 50 }, (_, i) => i + 1);
    expect(arrivals(0)).to.deep.equal(inOrder);
    expect(arrivals(50)).to.have.members(inOrder).and.not.to.deep.equal(inOrder);
  });

  it('a full receive buffer loses what arrives, and a busy servent answers late', () => {
    const lost = losses();
    const overlay = line(1).holding('ssh', [0]).with({ bufferMax: 4, serviceMs: 10 }).observing(lost.observer);
    const questions = Array.from({ length: 10 }, () => overlay.network.ask({ contact: 0, key: Buffer.from('ssh') }));
    overlay.network.run(1000);
    // One is being served, four wait, five find no room.
    expect(lost.count('buffer')).to.equal(5);
    expect(questions.map(({ answers }) => answers.map(({ ms }) => ms))).to.deep.equal([
      [12],
      [22],
      [32],
      [42],
      [52],
      ...Array(5).fill([]),
    ]);
  });

  it('a paused servent answers when it goes on', () => {
    const overlay = line(2).holding('ssh', [1]);
    overlay.network.pause(1);
    overlay.network.at(3000, () => overlay.network.resume(1));
    const question = overlay.network.ask({ contact: 0, key: Buffer.from('ssh') });
    overlay.network.run();
    expect(question.answers.map(({ ms }) => ms)).to.deep.equal([3001]);
  });

  it('a pause in the middle of the work begins that work anew', () => {
    const overlay = line(1).holding('ssh', [0]).with({ serviceMs: 10 });
    overlay.network.at(5, () => overlay.network.pause(0));
    overlay.network.at(100, () => overlay.network.resume(0));
    const question = overlay.network.ask({ contact: 0, key: Buffer.from('ssh') });
    overlay.network.run();
    expect(question.answers.map(({ ms }) => ms)).to.deep.equal([111]);
  });

  it('the dead hear nothing, and come back with nothing remembered', () => {
    const lost = losses();
    const overlay = line(3).holding('ssh', [2]).observing(lost.observer);
    const { network } = overlay;
    expect(overlay.ask('ssh', { at: 0 }).answerers).to.deep.equal([2]);
    expect(network.coreOf(1)!.seenCount).to.equal(1);
    network.kill(1);
    expect(overlay.ask('ssh', { at: 0 })).to.deep.include({ answerers: [], asked: 2 });
    expect(lost.count('dead')).to.equal(2);
    network.revive(1);
    expect(network.coreOf(1)!.seenCount).to.equal(0);
    expect(overlay.ask('ssh', { at: 0 }).answerers).to.deep.equal([2]);
  });

  it('who dies with datagrams in the receive buffer loses them', () => {
    const lost = losses();
    const overlay = line(1).holding('ssh', [0]).with({ serviceMs: 10 }).observing(lost.observer);
    const questions = [1, 2, 3].map(() => overlay.network.ask({ contact: 0, key: Buffer.from('ssh') }));
    overlay.network.at(5, () => overlay.network.kill(0));
    overlay.network.at(6, () => overlay.network.revive(0));
    overlay.network.run(3000);
    expect(lost.count('dead')).to.equal(3);
    expect(questions.flatMap(({ answers }) => answers)).to.deep.equal([]);
  });

  it('an answer after the end of the question finds the socket closed, and one to nobody is lost', () => {
    const lost = losses();
    const overlay = line(2).holding('ssh', [1]).observing(lost.observer);
    overlay.network.pause(1);
    overlay.network.at(9000, () => overlay.network.resume(1));
    expect(overlay.ask('ssh', { at: 0 }).answerers).to.deep.equal([]);
    expect(lost.count('closed')).to.equal(2);
    overlay.network.inject(Uint8Array.of(0, 1, 65), 1, 2);
    expect(lost.count('nobody')).to.equal(1);
  });
});

function losses(): { observer: Parameters<Overlay['observing']>[0]; count: (reason: LossReason) => number } {
  const reasons: LossReason[] = [];
  return {
    observer: { lost: (reason) => void reasons.push(reason) },
    count: (reason) => reasons.filter((each) => each === reason).length,
  };
}
