/** Section 1 of the overlay's specification: how a servent is started, and whom it knows. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatEndpoint } from '../../shared/endpoint';
import type { Case } from '../case';
import { Unmet } from '../unmet';
import { aQuery, onLoopback, query } from './messages';
import { refusalCase, serventCase } from './servent-scene';

export const START_CASES: readonly Case[] = [
  serventCase({
    id: 'overlay 1 starts',
    class: 'must',
    rule: 'A servent binds the UDP port that it is told, and serves until it is ended.',
    async scene({ subject }) {
      await sleep(100);
      if (subject.status !== undefined) throw new Unmet('a program that goes on', `its end (${subject.status})`);
    },
  }),
  serventCase({
    id: 'overlay 1 ten-neighbours',
    class: 'must',
    rule: 'A servent knows up to ten neighbours.',
    neighbours: 10,
    async scene(scene) {
      scene.asks('nowhere');
      for (const neighbour of scene.neighbours) await neighbour.hears(aQuery('nowhere'));
    },
  }),
  serventCase({
    id: 'overlay 1 one-way',
    class: 'must',
    rule: 'Neighbour lists are one-way: who sends a QUERY is no neighbour for that.',
    async scene(scene) {
      const stranger = await scene.stranger();
      stranger.says(query('nowhere', { ttl: 3, client: scene.client.endpoint, sequence: 1 }));
      await scene.settles();
      scene.asks('elsewhere');
      await scene.settles();
      stranger.heardTimes(0, aQuery('elsewhere'));
    },
  }),
  refusalCase({
    id: 'overlay 1 eleventh-neighbour',
    class: 'survival',
    rule: 'An eleventh neighbour is refused in a line that names it.',
    told: () => ({ neighbours: Array.from({ length: 11 }, (_, i) => formatEndpoint(onLoopback(41_001 + i))) }),
    names: ({ neighbours }) => neighbours.at(-1)!,
  }),
  refusalCase({
    id: 'overlay 1 malformed-neighbour',
    class: 'survival',
    rule: 'A malformed ip:port is refused in a line that names it.',
    told: () => ({ neighbours: ['127.0.0.1:70000'] }),
    names: () => '127.0.0.1:70000',
  }),
  refusalCase({
    id: 'overlay 1 missing-file',
    class: 'survival',
    rule: 'A file that is not there is refused in a line that names it.',
    told: (_, ground) => ({ file: `${ground.folder()}/missing.txt` }),
    names: () => 'missing.txt',
  }),
  refusalCase({
    id: 'overlay 1 port-in-use',
    class: 'survival',
    rule: 'A port in use is refused in a line that names it.',
    async told({ port }, ground) {
      const socket = createSocket('udp4').bind(Number(port));
      await once(socket, 'listening');
      ground.whenEnded(() => void socket.close());
      return {};
    },
    names: ({ port }) => port,
  }),
];
