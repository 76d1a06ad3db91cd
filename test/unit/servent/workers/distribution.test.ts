/** Which worker a datagram belongs to: the function, the program that the kernel runs in its place, and the kernel itself. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { socketOf, WORKERS_MAX, workerOf } from '../../../../servent/workers/distribution';
import { socketProgram } from '../../../../servent/workers/socket-program';
import { type Endpoint, endpointOf, ipOf, portOf } from '../../../../shared/endpoint';
import { serveBound } from '../../../../shared/udp/batch-transport';
import { loadLibc } from '../../../../shared/udp/libc';
import { openSocketGroup } from '../../../../shared/udp/socket-group';
import { encodeClireq } from '../../../../shared/wire/overlay/clireq';
import { encodeQuery, NEIGHBOURS_MAX } from '../../../../shared/wire/overlay/query';
import { at, latin1 } from '../../../support/bytes';
import { runProgram } from '../../../support/servent/bpf';
import { canBatch, LOOPBACK } from '../../../support/transport-peer';

const endpoints = fc
  .tuple(fc.oneof(fc.constantFrom(LOOPBACK, 0, 0xffffffff), fc.nat(0xffffffff)), fc.nat(65_535))
  .map(([ip, port]) => endpointOf(ip, port));
const clients = fc
  .tuple(fc.constantFrom(LOOPBACK, 0x0a00_0001, 0xcb00_7107), fc.integer({ min: 1, max: 65_535 }))
  .map(([ip, port]) => endpointOf(ip, port));
/** Any bytes; most begin as one of the messages does. */
const datagrams = fc
  .tuple(fc.constantFrom('', '\0\x01', '\0\x02', '\0\x02', '\0\x03', '\x02\0'), fc.uint8Array({ maxLength: 40 }))
  .map(([type, rest]) => Buffer.concat([latin1(type), rest]));
const queryOf = (client: Endpoint, sequence: number, text = 'ssh') =>
  encodeQuery({ ttl: 3, client, sequence, text: latin1(text) });

describe('the distribution of datagrams', () => {
  it('is the same by the program that the kernel runs, for any bytes, sender, neighbours and IP header', () => {
    fc.assert(
      fc.property(
        datagrams,
        endpoints,
        fc.uniqueArray(endpoints, { maxLength: NEIGHBOURS_MAX }),
        fc.integer({ min: 1, max: WORKERS_MAX }),
        fc.integer({ min: 5, max: 15 }),
        fc.nat(20),
        (datagram, stranger, neighbours, workers, headerWords, sender) => {
          const from = neighbours[sender] ?? stranger;
          const given = runProgram(socketProgram(workers, neighbours), datagram, from, 4 * headerWords);
          expect(given).to.equal(socketOf(datagram, from, workers, neighbours));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('gives a client and all copies of its queries to one worker, whoever sends them and however its address is told', () => {
    fc.assert(
      fc.property(clients, clients, endpoints, fc.nat(0xffffffff), (client, other, sender, sequence) => {
        const worker = workerOf(encodeClireq({ text: latin1('ssh') }), client, 7);
        for (const told of [client, endpointOf(ipOf(other), portOf(client))])
          expect(workerOf(queryOf(told, sequence), sender, 7)).to.equal(worker);
      }),
    );
  });

  it('gives neighbours sockets of their own', () => {
    const [left, right] = [at('10.0.0.1:5000'), at('10.0.0.2:5000')];
    const query = queryOf(at('10.9.9.9:40000'), 7);
    const worker = workerOf(query, left, 4);
    expect(socketOf(query, left, 4, [right, left])).to.equal(4 + worker);
    expect(socketOf(query, at('10.0.0.1:5001'), 4, [right, left])).to.equal(worker);
  });

  for (const [what, step] of [
    ['in a row', 1],
    ['all odd', 2],
    ['multiples of 16', 16],
  ] as const) {
    it(`is even over ports ${what}`, () => {
      for (const workers of [2, 3, 4, 8, 64]) {
        const counts = new Array<number>(workers).fill(0);
        let ports = 0;
        for (let port = 32_769; port < 61_000; port += step, ports++)
          counts[workerOf(queryOf(endpointOf(LOOPBACK, port), 1), 0, workers)]!++;
        expect(Math.min(...counts) / (ports / workers), `${workers} workers`).to.be.above(0.8);
        expect(Math.max(...counts) / (ports / workers), `${workers} workers`).to.be.below(1.2);
      }
    });
  }

  it('is what the kernel does', async function () {
    if (!canBatch()) this.skip();
    const WORKERS = 3;
    const senders = Array.from({ length: 6 }, () => createSocket('udp4'));
    for (const sender of senders) await once(sender.bind(0, '127.0.0.1'), 'listening');
    const endpointOfSender = (i: number) => endpointOf(LOOPBACK, senders[i]!.address().port);
    const neighbours = [endpointOfSender(0), endpointOfSender(1)];
    const { hearing, speaking, local } = openSocketGroup(
      loadLibc(),
      { ip: LOOPBACK, port: 0, receiveBufferBytes: 1 << 20 },
      { hearing: 2 * WORKERS, speaking: 1 },
      socketProgram(WORKERS, neighbours),
    );
    const heard: { socket: number; datagram: Buffer; from: Endpoint }[] = [];
    let done = () => {};
    const transports = await Promise.all(
      hearing.map((receiver, socket) =>
        serveBound(
          { receiver, sender: receiver },
          {
            received: (datagram, from) => {
              heard.push({ socket, datagram: Buffer.from(datagram), from });
              if (heard.length === sent) done();
            },
            sendFailed: () => {},
          },
        ),
      ),
    );
    const datagrams = fc.sample(
      fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
        fc
          .tuple(fc.integer({ min: 1, max: 65_535 }), fc.nat(9))
          .map(([port, seq]) => queryOf(endpointOf(LOOPBACK, port), seq)),
      ),
      100,
    );
    const sent = datagrams.length * senders.length;
    const all = new Promise<void>((resolve) => (done = resolve));
    for (const sender of senders) for (const datagram of datagrams) sender.send(datagram, portOf(local), '127.0.0.1');
    await all;
    await Promise.all(transports.map((transport) => transport.close()));
    loadLibc().close(speaking[0]!);
    for (const sender of senders) sender.close();
    for (const { socket, datagram, from } of heard)
      expect(socket, datagram.toString('hex')).to.equal(socketOf(datagram, from, WORKERS, neighbours));
  });
});
