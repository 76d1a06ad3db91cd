/** The door of a replica: what goes through is read along, and what comes from a replica that it is cut off from waits. */

import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { Door } from '../../../../lab/store/door';
import { DOCUMENT_FRAMES } from '../../../../shared/wire/documents';
import { encodeFrame } from '../../../../shared/wire/frame';
import { encodeJson, type Json } from '../../../../shared/wire/json';
import { PEER_FRAMES } from '../../../../store/links';

const JOIN = { type: 'join', epoch: 1, member: { id: 'b', address: '127.0.0.1:2' }, ends: [{ epoch: 0, last: 0 }] };
const ACK = { type: 'ack', epoch: 1, index: 7, sum: 'x', round: 1 };

describe('the door of a replica', () => {
  let server: Server;
  let door: Door;
  let cuts: Set<string>;
  let passed: string[];
  let inside: string;
  const heard = new EventEmitter();

  beforeEach(async () => {
    cuts = new Set();
    passed = [];
    inside = '';
    server = createServer((socket) =>
      socket
        .on('error', () => {})
        .on('data', (bytes) => {
          inside += bytes.toString('latin1');
          if (inside.includes('"replica"') && !inside.includes('"ack"')) socket.write(greeting(['ok', {}]));
          heard.emit('inside');
        }),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    door = await Door.open({
      passed: (message, member, way) => {
        passed.push(`${way} ${member} ${message.type}`);
        heard.emit('passed');
      },
      isCut: (member) => cuts.has(member),
    });
    door.target = (server.address() as AddressInfo).port;
  });
  afterEach(async () => {
    await door.close();
    server.close();
    await once(server, 'close');
  });

  const greeting = (json: Json): Uint8Array => encodeFrame(encodeJson(json), DOCUMENT_FRAMES);
  const message = (json: object): Uint8Array => encodeFrame(encodeJson(json as Json), PEER_FRAMES);
  const enter = async (): Promise<Socket> => {
    const [host, port] = door.address.split(':');
    const socket = connect(Number(port), host);
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  const until = async (fits: () => boolean, event: string): Promise<void> => {
    while (!fits()) await once(heard, event);
  };

  it('lets through all that comes, and reads who it is and what it says, in whatever pieces', async () => {
    const socket = await enter();
    const bytes = Buffer.concat([greeting(['replica', 1]), message(JOIN), message(ACK)]);
    for (const byte of bytes) socket.write(Uint8Array.of(byte));
    await until(() => passed.length === 2, 'passed');
    expect(passed).to.deep.equal(['in 127.0.0.1:2 join', 'in 127.0.0.1:2 ack']);
    await until(() => inside.length === bytes.length, 'inside');
    expect(inside).to.equal(bytes.toString('latin1'));
    socket.destroy();
  });

  it('holds back what comes from a replica that it is cut off from, until that is mended, in order', async () => {
    cuts.add('127.0.0.1:2');
    const socket = await enter();
    socket.write(greeting(['replica', 1]));
    await once(socket, 'data');
    socket.write(Buffer.concat([message(JOIN), message(ACK)]));
    // Another one, which is not cut off, comes through meanwhile: so the first would have.
    const other = await enter();
    other.write(greeting(['hello']));
    await until(() => inside.includes('hello'), 'inside');
    expect(inside).not.to.include('"ack"');
    cuts.clear();
    door.cutsChanged();
    await until(() => inside.includes('"ack"'), 'inside');
    expect(inside.indexOf('"join"')).to.be.below(inside.indexOf('"ack"'));
    socket.destroy();
    other.destroy();
  });

  it('reads nothing of what clients say, and lets it through', async () => {
    const socket = await enter();
    socket.write(greeting(['insert', 'users', { name: 'replica' }]));
    socket.write(Buffer.alloc(100, 0xff));
    await until(() => inside.length > 130, 'inside');
    expect(passed).to.deep.equal([]);
    socket.destroy();
  });

  it('turns away who comes while nobody is behind it', async () => {
    door.target = undefined;
    const socket = await enter();
    await once(socket, 'close');
    expect(inside).to.equal('');
  });
});
