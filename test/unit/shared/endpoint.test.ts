import { expect } from 'chai';
import * as fc from 'fast-check';
import { isLoopback } from '../../../shared/address-classes';
import {
  endpointOf,
  formatEndpoint,
  formatIp,
  ipOf,
  parseEndpoint,
  parseIp,
  parsePort,
  portOf,
} from '../../../shared/endpoint';

const ip = fc.nat(0xffff_ffff);
const port = fc.nat(65_535);

describe('an endpoint', () => {
  it('is one number that holds address and port', () => {
    fc.assert(
      fc.property(ip, port, (ip, port) => {
        const endpoint = endpointOf(ip, port);
        expect(Number.isSafeInteger(endpoint)).to.equal(true);
        expect([ipOf(endpoint), portOf(endpoint)]).to.deep.equal([ip, port]);
      }),
    );
    expect(endpointOf(0xffff_ffff, 65_535)).to.equal(2 ** 48 - 1);
    expect(endpointOf(0, 0)).to.equal(0);
  });

  it('is written and read as ip:port', () => {
    expect(formatEndpoint(endpointOf(0x0a000001, 5000))).to.equal('10.0.0.1:5000');
    expect(formatEndpoint(2 ** 48 - 1)).to.equal('255.255.255.255:65535');
    fc.assert(
      fc.property(ip, fc.integer({ min: 1, max: 65_535 }), (ip, port) => {
        const endpoint = endpointOf(ip, port);
        expect(parseEndpoint(formatEndpoint(endpoint))).to.equal(endpoint);
      }),
    );
  });

  it('is nothing else', () => {
    for (const text of [
      '',
      ':',
      '10.0.0.1',
      '10.0.0.1:',
      ':5000',
      '10.0.0.1:0',
      '10.0.0.1:65536',
      '10.0.0.1:x',
      '10.0.0.1 :1',
      '10.0.0.1::1',
      '1:2:3',
    ]) {
      expect(parseEndpoint(text), text).to.equal(undefined);
    }
  });
});

describe('an address', () => {
  it('is four decimal parts of 0 to 255 without leading zeros', () => {
    expect(parseIp('0.0.0.0')).to.equal(0);
    expect(parseIp('255.255.255.255')).to.equal(0xffff_ffff);
    expect(parseIp('1.2.3.4')).to.equal(0x01020304);
    fc.assert(
      fc.property(ip, (ip) => {
        expect(parseIp(formatIp(ip))).to.equal(ip);
      }),
    );
  });

  it('is nothing else', () => {
    for (const text of [
      '',
      '1.2.3',
      '1.2.3.4.5',
      '256.0.0.1',
      '1.2.3.256',
      '01.2.3.4',
      '1.2.3.00',
      '1.2.3.',
      ' 1.2.3.4',
      '1.2.3.4\n',
      '0x1.2.3.4',
      '-1.2.3.4',
      'localhost',
      '::1',
    ]) {
      expect(parseIp(text), JSON.stringify(text)).to.equal(undefined);
    }
  });

  it('is on loopback in the whole of 127.0.0.0/8 and nowhere else', () => {
    for (const text of ['127.0.0.0', '127.0.0.1', '127.255.255.255'])
      expect(isLoopback(parseIp(text)!), text).to.equal(true);
    for (const text of ['126.255.255.255', '128.0.0.0', '0.0.0.127', '255.0.0.1'])
      expect(isLoopback(parseIp(text)!), text).to.equal(false);
  });
});

describe('a port', () => {
  it('is a decimal number of 0 to 65,535', () => {
    expect(['0', '1', '80', '65535'].map(parsePort)).to.deep.equal([0, 1, 80, 65_535]);
    for (const text of [
      '',
      '65536',
      '99999',
      '100000',
      '-1',
      '+1',
      '1.0',
      '1e3',
      '0x50',
      'abc',
      ' 80',
      '80 ',
      '80\n',
    ]) {
      expect(parsePort(text), JSON.stringify(text)).to.equal(undefined);
    }
  });
});
