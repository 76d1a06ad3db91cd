import { expect } from 'chai';
import { OperatorError } from '../../../shared/errors';
import { listenAtOf } from '../../../shared/host-port';

describe('where to listen', () => {
  for (const [text, host, port] of [
    ['9090', '127.0.0.1', 9090],
    ['0', '127.0.0.1', 0],
    ['10.0.0.1:9090', '10.0.0.1', 9090],
    ['0.0.0.0:0', '0.0.0.0', 0],
    ['s1.example:65535', 's1.example', 65_535],
  ] as const) {
    it(`is ${host} and ${port} of "${text}"`, () => {
      expect(listenAtOf(text, '--http')).to.deep.equal({ host, port });
    });
  }

  for (const [text, reason] of [
    ['', 'the port is not from 0 to 65535'],
    ['localhost', 'the port is not from 0 to 65535'],
    ['localhost:', 'the port is not from 0 to 65535'],
    ['localhost:65536', 'the port is not from 0 to 65535'],
    [':9090', 'that is neither an IPv4 address nor a host name'],
    ['http://localhost:9090', 'that is neither an IPv4 address nor a host name'],
    ['127.0.0.256:9090', 'that is no IPv4 address'],
    ['255.255.255.255:9090', 'that is not the address of one host'],
  ] as const) {
    it(`is not "${text}"`, () => {
      expect(() => listenAtOf(text, '--http'))
        .to.throw(OperatorError, `expected ip:port for --http, got "${text}": ${reason}`)
        .with.property('code', 'usage');
    });
  }
});
