/** Section 3 of the overlay's specification: what datagrams look like, and what becomes of those that are none. */

import { parseEndpoint } from '../../shared/endpoint';
import type { Case } from '../case';
import { same } from '../unmet';
import { aQuery, aResponse, bytesOf, clireq, query, response, shown } from './messages';
import { type ServentScene, SSH, serventCase } from './servent-scene';

const CLIENT = { ttl: 3, client: parseEndpoint('127.0.0.1:40404')!, sequence: 7 };
/** Where a QUERY's fields stand. */
const AT = { clientIp: 4, clientPort: 8 };

/** A QUERY that would be answered and forwarded, were it not for the bytes put into it. */
function spoilt(offset: number, bytes: readonly number[]): Uint8Array {
  const datagram = query('ssh', CLIENT);
  datagram.set(bytes, offset);
  return datagram;
}

/** What is malformed, by the rule that says so. */
const MALFORMED: readonly [name: string, rule: string, datagrams: readonly Uint8Array[]][] = [
  [
    'short',
    'A datagram shorter than its header is dropped.',
    [new Uint8Array(0), bytesOf('\0'), bytesOf('\0\x02'), query('ssh', CLIENT).subarray(0, 13)],
  ],
  [
    'empty-key',
    'A CLIREQ or QUERY with an empty key is dropped.',
    [bytesOf('\0\x01'), query('ssh', CLIENT).subarray(0, 14), bytesOf('\0\x01\0ssh')],
  ],
  [
    'unknown-type',
    'A datagram of an unknown type is dropped.',
    [bytesOf('\0\0ssh'), bytesOf('\0\x04ssh'), bytesOf('\xff\xffssh'), bytesOf('\x01\0ssh')],
  ],
  ['response', 'A RESPONSE is nothing to a servent: it is dropped.', [response('ssh', 'mine'), bytesOf('\0\x03ssh')]],
  ['client-port', 'A QUERY whose client port is 0 is dropped.', [spoilt(AT.clientPort, [0, 0])]],
  [
    'client-address',
    'A QUERY whose client address is 0.0.0.0/8, multicast or 255.255.255.255 is dropped.',
    [spoilt(AT.clientIp, [0, 0, 0, 0]), spoilt(AT.clientIp, [224, 0, 0, 1]), spoilt(AT.clientIp, [255, 255, 255, 255])],
  ],
];

export const MESSAGE_CASES: readonly Case[] = [
  serventCase({
    id: 'overlay 3 RESPONSE',
    class: 'must',
    rule: 'A RESPONSE is type 3, the key, one TAB, the value.',
    async scene(scene) {
      scene.asks('ssh');
      const answer = await scene.client.hears(aResponse('ssh'));
      same('the key', shown(answer.key ?? 'none'), 'ssh');
      same('the value', shown(answer.value), SSH);
    },
  }),
  serventCase({
    id: 'overlay 3 no-terminator',
    class: 'must',
    rule: 'Nothing ends the text of a RESPONSE but the datagram, where the question had no NUL.',
    async scene(scene) {
      scene.asks('ssh');
      const answer = await scene.client.hears(aResponse('ssh'));
      same('bytes behind the value', shown(answer.tail), '');
    },
  }),
  serventCase({
    id: 'overlay 3 NUL CLIREQ',
    class: 'survival',
    rule: 'A CLIREQ whose text ends with a NUL is answered, with one NUL at the end.',
    async scene(scene) {
      scene.asks('ssh\0');
      const answer = await scene.client.hears(aResponse('ssh'));
      same('the value', shown(answer.value), SSH);
      same('bytes behind the value', shown(answer.tail), '\\u{0}');
    },
  }),
  serventCase({
    id: 'overlay 3 NUL QUERY',
    class: 'survival',
    rule: 'A QUERY whose text ends with a NUL is answered, with one NUL at the end.',
    async scene({ client, neighbours: [n1] }) {
      n1.says(query('ssh\0padding', { ...CLIENT, client: client.endpoint }));
      const answer = await client.hears(aResponse('ssh'));
      same('bytes behind the value', shown(answer.tail), '\\u{0}');
    },
  }),
  serventCase({
    id: 'overlay 3 NUL forwarded',
    class: 'survival',
    rule: 'The bytes behind the key travel on unchanged in every forwarded QUERY.',
    neighbours: 2,
    async scene({ neighbours: [n1, n2] }) {
      n1.says(query('nowhere\0padding\0', CLIENT));
      same('the text', shown((await n2.hears(aQuery('nowhere'))).text), shown('nowhere\0padding\0'));
    },
  }),
  ...MALFORMED.map(([name, rule, datagrams]) =>
    serventCase({
      id: `overlay 3 malformed ${name}`,
      class: 'survival',
      rule,
      neighbours: 2,
      scene: (scene) => drops(scene, datagrams),
    }),
  ),
  serventCase({
    id: 'overlay 3 malformed survived',
    class: 'survival',
    rule: 'Whatever comes, a servent goes on serving.',
    async scene(scene) {
      const [n1] = scene.neighbours;
      for (const [, , datagrams] of MALFORMED) for (const datagram of datagrams) n1.says(datagram);
      for (let length = 0; length < 40; length++) n1.says(new Uint8Array(length).fill(255 - length));
      n1.says(clireq('k'.repeat(65_000)));
      n1.says(query('k'.repeat(65_000), CLIENT));
      await scene.stillServes();
    },
  }),
  serventCase({
    id: 'overlay 3 flood survived',
    class: 'survival',
    rule: 'A flood of thousands of different QUERYs does not keep a servent from serving.',
    async scene(scene) {
      const [n1] = scene.neighbours;
      for (let sequence = 0; sequence < 4000; sequence++) {
        n1.says(query('nowhere', { ...CLIENT, sequence }));
        if (sequence % 100 === 99) await new Promise((done) => setImmediate(done));
      }
      await scene.settles();
      await scene.stillServes();
    },
  }),
];

/** Neither the client nor a neighbour hears anything of these; what they would cause is seen at the second neighbour. */
async function drops(scene: ServentScene, datagrams: readonly Uint8Array[]): Promise<void> {
  const [n1, n2] = scene.neighbours;
  for (const datagram of datagrams) n1.says(datagram);
  await scene.settles();
  scene.staysSilent(scene.client, n1, n2);
}
