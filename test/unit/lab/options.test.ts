/** The lab's command line. */

import { expect } from 'chai';
import { parseOptions } from '../../../lab/options';

describe('the command line of the lab', () => {
  const refusal = async (...argv: string[]): Promise<string> =>
    parseOptions(argv).then(
      () => 'none',
      (error: Error) => error.message,
    );

  it('names an overlay, and is on loopback at any free port', async () => {
    expect(await parseOptions(['line'])).to.deep.equal({
      options: {
        command: 'overlay',
        shown: {
          choice: { overlay: 'line', sizes: { servents: undefined, degree: undefined, seed: 1 }, ground: 'sockets' },
        },
        http: { host: '127.0.0.1', port: 0, names: [] },
        timeoutMs: 4000,
        json: false,
      },
    });
  });

  it('takes an address, names, sizes and virtual time', async () => {
    const words = 'ring --servents 9 --virtual --http 0.0.0.0:8080 --name Lab.example --name lab --timeout 0.5';
    const parsed = (await parseOptions(words.split(' '))) as { options: object };
    expect(parsed.options).to.deep.include({
      http: { host: '0.0.0.0', port: 8080, names: ['lab.example', 'lab'] },
      timeoutMs: 500,
    });
  });

  it('takes where servents tell what they know', async () => {
    const words = ['--attach', '10.0.0.1:9090', 'https://lab.example/', '--json'];
    const { options } = (await parseOptions(words)) as unknown as { options: { shown: { attach: URL[] } } };
    expect(options.shown.attach.map(String)).to.deep.equal(['http://10.0.0.1:9090/', 'https://lab.example/']);
  });

  it('takes a store', async () => {
    const { options } = (await parseOptions(['store', '--replicas', '5'])) as { options: object };
    expect(options).to.deep.include({ command: 'store', replicas: 5 });
  });

  it('refuses what cannot be', async () => {
    expect(await refusal()).to.equal('expected an overlay or --attach, got neither');
    expect(await refusal('line', '--attach', 'a:1')).to.equal('expected an overlay or --attach, got both');
    expect(await refusal('line', '--http', 'here')).to.equal(
      'expected ip:port for --http, got "here": the port is not from 0 to 65535',
    );
    expect(await refusal('line', '--name', 'a b')).to.equal('expected a host name for --name, got "a b"');
  });
});
