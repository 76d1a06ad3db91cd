/** The backup's command line. */

import { expect } from 'chai';
import { parseOptions } from '../../../backup/options';

describe('the command line of the backup', () => {
  const refusal = async (line: string): Promise<string> =>
    parseOptions(line.split(' ')).then(
      () => 'none',
      (error: Error) => error.message,
    );
  const optionsOf = async (line: string): Promise<object> =>
    ((await parseOptions(line.split(' '))) as { options: object }).options;

  it('registers with a port, a path and a frequency, in minutes where no unit is said', async () => {
    const line = 'register host.example 12346 letters/2026 15 --keep 3 --paranoid --server 10.0.0.1:9';
    expect(await optionsOf(line)).to.deep.include({
      command: 'register',
      node: 'host.example:12346',
      path: 'letters/2026',
      everyMs: 15 * 60_000,
      keep: 3,
      wire: 'http',
      paranoid: true,
      json: false,
    });
    expect(await optionsOf('register 127.0.0.1 1 . 30s --wire simple')).to.include({ everyMs: 30_000, wire: 'simple' });
  });

  it('gives a server its limits', async () => {
    const line = 'server folder --parallel 3 --bandwidth 1.5M --listen 127.0.0.1:0 --json';
    expect(await optionsOf(line)).to.deep.include({
      folder: 'folder',
      listen: { host: '127.0.0.1', port: 0 },
      parallel: 3,
      bandwidth: 1_500_000,
      json: true,
    });
  });

  it('saves the copy that is asked for, and shows all of them', async () => {
    expect(await optionsOf('query a b --save c.tgz --copy 2')).to.deep.include({ save: 'c.tgz', copy: 2 });
    expect(await optionsOf('query a b')).to.deep.include({ save: undefined, copy: undefined });
  });

  const refused: [line: string, why: string][] = [
    ['register a 0 b 1h', 'expected a port from 1 to 65535, got "0"'],
    [
      'register a:7 1 b 1h',
      'expected ip:port for the agent, got "a:7:1": that is neither an IPv4 address nor a host name',
    ],
    ['register a 1 b 0', 'expected a frequency from 1s to 366d (30s, 15m, 6h, 1d; a bare number is minutes), got "0"'],
    ['register a 1 b 1h --keep 0', 'expected a whole number of copies from 1 to 1000000 for --keep, got "0"'],
    ['query a b --copy 2', 'expected --save with --copy, got --copy alone: all copies are shown'],
    ['query a b --copy x --save c', 'expected a whole number from 1 to 1000000 for --copy, got "x"'],
    [
      'agent --root . --listen 0.0.0.0:1',
      'expected --token-file to listen at 0.0.0.0, got none: without a token only loopback is listened at',
    ],
    ['agent --root . --tls-key k', 'expected --tls-cert and --tls-key together, got one of them'],
    [
      'agent --root . --wire simple --token-file t',
      'expected no token and no TLS with --wire simple, got one: that wire knows neither',
    ],
    [
      'agent --root . --wire simple --listen 10.0.0.1:1',
      'expected an address of loopback for --wire simple, got "10.0.0.1"; --simple-listen allows others',
    ],
    ['server folder --listen here', 'expected ip:port for --listen, got "here"'],
  ];
  for (const [line, why] of refused) {
    it(`refuses backup ${line}`, async () => {
      expect(await refusal(line)).to.equal(why);
    });
  }
});
