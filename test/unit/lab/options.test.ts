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
        choice: { overlay: 'line', sizes: { servents: undefined, degree: undefined, seed: 1 }, ground: 'sockets' },
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

  it('refuses what cannot be', async () => {
    expect(await refusal()).to.match(/^expected lab <overlay>, got nothing/);
    expect(await refusal('line', '--http', 'here')).to.equal('expected host:port for --http, got "here"');
    expect(await refusal('line', '--name', 'a b')).to.equal('expected a host name for --name, got "a b"');
  });
});
