import { expect } from 'chai';
import type { Receiver } from '../../../servent/outbox';
import { encodeQuery } from '../../../shared/wire/overlay/query';
import { questionEndpoint, serventEndpoint } from '../../../topologies/simulated/address';
import { line, overlayOf, ring } from '../../support/servent/overlay';

describe('hostile peers', () => {
  it('stand where a servent would, and do as they like', () => {
    const silent: Receiver = { receive: (_datagram, _from, _nowMs, out) => out.drop('seen') };
    const overlay = line(3)
      .holding('ssh', [1, 2])
      .with({ hostile: (servent) => (servent === 1 ? silent : undefined) });
    expect(overlay.ask('ssh', { at: 0 }).answerers).to.deep.equal([]);
    expect(overlay.network.coreOf(1)).to.equal(undefined);
  });

  it('cannot hide servents by sending a query ahead with ttl 1', () => {
    const ahead: Receiver = {
      receive(datagram, _from, _nowMs, out) {
        const forged = datagram.slice();
        forged[3] = 1;
        out.forward(forged, [serventEndpoint(3)], undefined);
      },
    };
    // 0 knows the attacker 1 and, more slowly, 2; both know 3; 4 is behind 3.
    const attacked = () =>
      overlayOf(5, [
        [0, 1],
        [0, 2],
        [1, 3],
        [2, 3],
        [3, 4],
      ])
        .delays([1, 20, 1, 20, 1])
        .holding('ssh', [3, 4])
        .with({ hostile: (servent) => (servent === 1 ? ahead : undefined) });
    expect(attacked().ask('ssh', { at: 0 }).answerers).to.deep.equal([3, 4]);
    expect(attacked().literal().ask('ssh', { at: 0 }).answerers).to.deep.equal([3]);
  });

  it('who writes into what was delivered spoils no other copy', () => {
    const vandal: Receiver = {
      receive(datagram, _from, _nowMs, out) {
        datagram.fill(0xff);
        out.drop('seen');
      },
    };
    const overlay = ring(6)
      .holding('ssh', [2, 3, 4])
      .with({ hostile: (servent) => (servent === 1 ? vandal : undefined) });
    expect(overlay.ask('ssh', { at: 0 }).answerers).to.deep.equal([3, 4]);
  });

  it('can put datagrams on the way from any address', () => {
    const overlay = line(2).holding('ssh', [1]);
    const { network } = overlay;
    const question = network.ask({ contact: 0, key: Buffer.from('ssh'), count: 2 });
    const forged = { ttl: 1, client: questionEndpoint(question.id), sequence: 7, text: Buffer.from('ssh') };
    network.inject(encodeQuery(forged), serventEndpoint(0), serventEndpoint(1));
    const answers: number[] = [];
    overlay.observing({ shown: (_question, { from }) => void answers.push(from) });
    network.run();
    expect(question.answers).to.have.length(1);
    expect(answers).to.deep.equal([serventEndpoint(1)]);
  });
});
