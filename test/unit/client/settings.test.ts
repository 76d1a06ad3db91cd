import { expect } from 'chai';
import { type LookupOptions, parseQuestion } from '../../../client/settings';
import { endpointOf } from '../../../shared/endpoint';
import { OperatorError } from '../../../shared/errors';
import type { Peer } from '../../../shared/host-port';

function refusal(options: unknown, contact: unknown = '127.0.0.1:5000', key: unknown = 'ssh'): string {
  try {
    parseQuestion(contact as Peer, key as string, options as LookupOptions);
  } catch (error) {
    if (error instanceof OperatorError && error.code === 'usage') return error.message;
    throw error;
  }
  return 'accepted';
}

describe('the settings of a question', () => {
  it('have defaults, and become bytes and an endpoint', () => {
    expect(parseQuestion('127.0.0.1:5000', 'é', {})).to.deep.equal({
      contact: endpointOf(0x7f000001, 5000),
      key: Buffer.from([0xc3, 0xa9]),
      timeoutMs: 4000,
      count: Number.POSITIVE_INFINITY,
      nul: false,
      signal: undefined,
      onUnreachable: undefined,
    });
  });

  const refused: [options: unknown, named: string][] = [
    [{ timeout: 5 }, 'got "timeout"'],
    [{ onUnreachable: 'now' }, 'onUnreachable'],
    [{ count: 1.5 }, 'for count, got 1.5'],
    [{ count: 0 }, 'for count, got 0'],
    [{ count: '1' }, 'for count, got "1"'],
    [{ timeoutMs: 0 }, 'for timeoutMs, got 0'],
    [{ timeoutMs: Number.NaN }, 'for timeoutMs, got NaN'],
    [{ timeoutMs: Number.POSITIVE_INFINITY }, 'for timeoutMs, got Infinity'],
    [{ nul: 0 }, 'for nul, got 0'],
    [{ signal: true }, 'for signal, got true'],
    [null, 'expected an object'],
  ];
  for (const [options, named] of refused) {
    it(`refuse ${JSON.stringify(options)}: ${named}`, () => expect(refusal(options)).to.include(named));
  }

  it('refuse a contact or a key that is none', () => {
    expect(refusal({}, { host: '127.0.0.1', port: 70_000 })).to.include('the port is not from 1 to 65535');
    expect(refusal({}, { host: '239.1.1.1', port: 7 })).to.include('that is not the address of one host');
    expect(refusal({}, null)).to.include('expected ip:port for the servent to ask, got null');
    expect(refusal({}, '127.0.0.1:5000', 5)).to.include('for the key, got 5');
  });
});
