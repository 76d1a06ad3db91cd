/** Reading the kernel's table of UDP sockets. */

import { expect } from 'chai';
import { endpointOf } from '../../../../shared/endpoint';
import { sumDrops } from '../../../../shared/udp/kernel-drops';

const LOOPBACK = 0x7f000001;

describe('kernel drops', () => {
  // Two sockets on 127.0.0.1:5000, one on 127.0.0.2:5000, one on 127.0.0.1:5001, all on a little-endian machine.
  const table = `\
   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  311: 0100007F:1388 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 5617 2 0000000000000000 27
  311: 0100007F:1388 0100007F:0007 01 00000000:00000000 00:00000000 00000000     0        0 5618 2 0000000000000000 3
  311: 0200007F:1388 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 5619 2 0000000000000000 100
  312: 0100007F:1389 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 5620 2 0000000000000000 1000
`;

  it('adds up the sockets bound to an address and port', () => {
    expect(sumDrops(table, endpointOf(LOOPBACK, 5000))).to.equal(30);
    expect(sumDrops(table, endpointOf(LOOPBACK, 5001))).to.equal(1000);
  });

  it('takes all addresses of the port for one bound to every interface', () => {
    expect(sumDrops(table, endpointOf(0, 5000))).to.equal(130);
  });

  it('knows nothing of sockets that are not listed, or of another table', () => {
    expect(sumDrops(table, endpointOf(LOOPBACK, 5002))).to.equal(undefined);
    expect(sumDrops('', endpointOf(LOOPBACK, 5000))).to.equal(undefined);
    expect(sumDrops('no such\n table at all\n', endpointOf(LOOPBACK, 5000))).to.equal(undefined);
  });
});
