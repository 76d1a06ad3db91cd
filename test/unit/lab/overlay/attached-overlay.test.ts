/** Servents that run elsewhere, gathered by what they tell over HTTP: here three real ones of this process. */

import { expect } from 'chai';
import { AttachedOverlay } from '../../../../lab/overlay/attached-overlay';
import { type Attached, linksOf } from '../../../../lab/overlay/reported-links';
import type { LabEvent } from '../../../../lab/view';
import { type Servent, startServent } from '../../../../servent/servent';
import type { ServentStatus } from '../../../../servent/status';

describe('attached servents', () => {
  const open: (Servent | AttachedOverlay)[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });
  const servent = async (neighbours: readonly Servent[]): Promise<Servent> => {
    const settings = { port: 0, bind: '127.0.0.1', http: '127.0.0.1:0', pairs: [['key', 'value']] as const };
    const started = await startServent({ ...settings, neighbours: neighbours.map(({ address }) => address) });
    open.push(started);
    return started;
  };

  it('are one picture with the links that each tells of, can be asked, and are known to be gone', async () => {
    const first = await servent([]);
    const second = await servent([first]);
    const told: LabEvent[] = [];
    let heard = (): void => {};
    const overlay = await AttachedOverlay.open(
      [first, second].map(({ http }) => new URL(`http://${http}`)),
      {
        timeoutMs: 500,
        tell: (event) => {
          told.push(event);
          heard();
        },
      },
    );
    open.push(overlay);
    const until = async (fits: () => boolean): Promise<void> => {
      while (!fits()) await new Promise<void>((resolve) => (heard = resolve));
    };
    const { servents, links, cannot } = overlay.view();
    expect(servents.map(({ name, address, keys, up }) => [name, address, keys, up])).to.deep.equal([
      ['n1', first.address, 1, true],
      ['n2', second.address, 1, true],
    ]);
    expect(links.map(({ from, to, oneWay }) => [from, to, oneWay])).to.deep.equal([['n2', 'n1', true]]);
    expect(cannot.flood).to.match(/the flood is not$/);
    overlay.ask('n2', 'key');
    await until(() => told.filter(({ kind }) => kind === 'answer').length === 2);
    await until(() => told.some(({ kind }) => kind === 'ended'));
    expect(overlay.questions[0]!.view.copies).to.deep.equal([]);
    await open.splice(open.indexOf(first), 1)[0]!.close();
    await until(() => !overlay.view().servents[0]!.up);
    expect(await overlay.setRule().catch((error: Error) => error.message)).to.match(/run elsewhere$/);
  });

  it('are refused where none answers', async () => {
    const gone = await servent([]);
    const url = new URL(`http://${gone.http}`);
    await open.pop()!.close();
    const refused = await AttachedOverlay.open([url], { timeoutMs: 500, tell: () => {} }).catch((error) => error);
    expect(refused).to.include({ code: 'unreachable' });
  });

  it('mean by an address on loopback a servent of their own host alone', () => {
    const attached = (name: string, host: string, neighbours: string[], ...addresses: string[]): Attached => ({
      name,
      url: new URL(`http://${host}:9090`),
      status: { addresses, neighbours } as unknown as ServentStatus,
      up: true,
    });
    const links = linksOf([
      attached('a', '10.0.0.1', ['127.0.0.1:5001', '10.0.0.2:5000'], '10.0.0.1:5000', '127.0.0.1:5000'),
      attached('b', '10.0.0.1', ['127.0.0.1:5000'], '10.0.0.1:5001', '127.0.0.1:5001'),
      attached('c', '10.0.0.2', ['127.0.0.1:5001', '10.0.0.9:5000'], '10.0.0.2:5000', '127.0.0.1:5000'),
    ]);
    expect(links.map(({ from, to, oneWay }) => [from, to, oneWay])).to.deep.equal([
      ['a', 'b', false],
      ['a', 'c', true],
    ]);
  });
});
