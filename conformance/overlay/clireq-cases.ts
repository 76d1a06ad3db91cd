/** Section 4 of the overlay's specification, first half: what a servent does when it hears a CLIREQ. */

import { formatEndpoint, ipOf } from '../../shared/endpoint';
import type { Case } from '../case';
import { same } from '../unmet';
import { aQuery, aResponse, query, shown } from './messages';
import { serventCase } from './servent-scene';

export const CLIREQ_CASES: readonly Case[] = [
  serventCase({
    id: 'overlay 4 CLIREQ 1 ttl',
    class: 'must',
    rule: 'A CLIREQ becomes a QUERY with ttl 3.',
    async scene(scene) {
      scene.asks('nowhere');
      same('ttl', (await scene.neighbours[0].hears(aQuery('nowhere'))).ttl, 3);
    },
  }),
  serventCase({
    id: 'overlay 4 CLIREQ 1 client',
    class: 'must',
    rule: "The QUERY's client is the address that the CLIREQ came from.",
    async scene(scene) {
      scene.asks('nowhere');
      const { client } = await scene.neighbours[0].hears(aQuery('nowhere'));
      same('client', formatEndpoint(client), formatEndpoint(scene.client.endpoint));
    },
  }),
  serventCase({
    id: 'overlay 4 CLIREQ 1 sequence',
    class: 'must',
    rule: 'The sequence comes from a counter that grows by one with each CLIREQ.',
    async scene(scene) {
      const [n1] = scene.neighbours;
      const sequences: number[] = [];
      for (const key of ['one', 'two', 'three']) {
        scene.asks(key);
        sequences.push((await n1.hears(aQuery(key))).sequence);
      }
      const [first] = sequences as [number];
      same('sequences', sequences.join(), [first, (first + 1) % 2 ** 32, (first + 2) % 2 ** 32].join());
    },
  }),
  serventCase({
    id: 'overlay 4 CLIREQ 1 random-start',
    class: 'reordering',
    rule: "The counter starts at random, so that a restarted servent's queries are not mistaken for queries already seen.",
    async scene(scene) {
      scene.asks('nowhere');
      const { sequence } = await scene.neighbours[0].hears(aQuery('nowhere'));
      same('a start far from 0', sequence > 1000 && sequence < 2 ** 32 - 1000 ? 'yes' : `sequence ${sequence}`, 'yes');
    },
  }),
  serventCase({
    id: 'overlay 4 CLIREQ 1 key',
    class: 'must',
    rule: "The QUERY's text is the CLIREQ's, as it was received.",
    async scene(scene) {
      const key = 'a-key/of:many.signs_(42)';
      scene.asks(key);
      const [n1] = scene.neighbours;
      // Not looked for by the key: a text with more bytes, or others, is what this is about.
      const heard = () => n1.heard.find(({ bytes }) => bytes.length > 14 && bytes[1] === 2);
      await scene.subject.within(scene.ground.terms.patienceMs, () => heard() !== undefined);
      same('the text', shown(heard()?.bytes.subarray(14) ?? 'none'), key);
    },
  }),
  serventCase({
    id: 'overlay 4 CLIREQ 2 every-neighbour',
    class: 'must',
    rule: 'The QUERY goes to every neighbour, once.',
    neighbours: 3,
    async scene(scene) {
      scene.asks('nowhere');
      for (const neighbour of scene.neighbours) await neighbour.hears(aQuery('nowhere'));
      await scene.settles();
      for (const neighbour of scene.neighbours) neighbour.heardTimes(1, aQuery('nowhere'));
    },
  }),
  serventCase({
    id: 'overlay 4 CLIREQ 2 though-held',
    class: 'must',
    rule: 'The QUERY goes out also when the servent holds the key itself.',
    async scene(scene) {
      scene.asks('ssh');
      await scene.neighbours[0].hears(aQuery('ssh'));
    },
  }),
  serventCase({
    id: 'overlay 4 CLIREQ 3 not-answered-again',
    class: 'reordering',
    rule: 'A query of its own that comes back around a cycle is not answered again.',
    neighbours: 2,
    async scene(scene) {
      const [n1] = scene.neighbours;
      scene.asks('ssh');
      const own = await n1.hears(aQuery('ssh'));
      await scene.settles();
      const before = scene.client.all(aResponse('ssh')).length;
      n1.says(query('ssh', { ...own, ttl: 1 }));
      await scene.settles();
      same('answers more', scene.client.all(aResponse('ssh')).length - before, 0);
    },
  }),
  serventCase({
    id: 'overlay 4 CLIREQ 3 not-forwarded-again',
    class: 'reordering',
    rule: 'A query of its own that comes back around a cycle is not forwarded again.',
    neighbours: 2,
    async scene(scene) {
      const [n1, n2] = scene.neighbours;
      scene.asks('nowhere');
      const own = await n1.hears(aQuery('nowhere'));
      await scene.settles();
      const before = n2.all(aQuery('nowhere')).length;
      n1.says(query('nowhere', { ...own, ttl: 2 }));
      await scene.settles();
      same('QUERYs more', n2.all(aQuery('nowhere')).length - before, 0);
    },
  }),
  serventCase({
    id: 'overlay 4 CLIREQ 4 answers',
    class: 'must',
    rule: 'A servent that has the key sends a RESPONSE to the client.',
    async scene(scene) {
      scene.asks('ssh');
      await scene.client.hears(aResponse('ssh'));
    },
  }),
  serventCase({
    id: 'overlay 4 CLIREQ 4 once',
    class: 'must',
    rule: 'A servent answers at most once for a question.',
    async scene(scene) {
      scene.asks('ssh');
      await scene.settles();
      const times = scene.client.all(aResponse('ssh')).length;
      same('answers, at most one:', Math.max(times, 1), 1);
    },
  }),
  serventCase({
    id: 'overlay 4 CLIREQ 4 lacks',
    class: 'must',
    rule: 'A servent sends the client no message for a key it lacks, and acknowledges nothing.',
    async scene(scene) {
      scene.asks('nowhere');
      await scene.settles();
      scene.staysSilent(scene.client);
    },
  }),
  serventCase({
    id: 'overlay 4 CLIREQ retransmitted',
    class: 'must',
    rule: 'A retransmitted CLIREQ is a new one: it gets a new sequence number, and is answered.',
    async scene(scene) {
      const [n1] = scene.neighbours;
      scene.asks('nowhere');
      const { sequence } = await n1.hears(aQuery('nowhere'));
      scene.asks('nowhere');
      const again = await n1.hears(aQuery('nowhere'));
      for (let times = 1; times <= 2; times++) {
        scene.asks('ssh');
        await scene.client.hears(aResponse('ssh'));
      }
      same('a new sequence', again.sequence === sequence ? `${sequence} again` : 'yes', 'yes');
    },
  }),
  serventCase({
    id: 'overlay 4 bound-port',
    class: 'mixed',
    rule: 'Every datagram leaves from the bound port, so that a client shows a useful ip:port.',
    async scene(scene) {
      scene.asks('ssh');
      const answer = await scene.client.hears(aResponse('ssh'));
      scene.asks('nowhere');
      const forwarded = await scene.neighbours[0].hears(aQuery('nowhere'));
      for (const { heard } of [answer, forwarded])
        same('sender', formatEndpoint(heard.from), formatEndpoint(scene.servent.endpoint));
    },
  }),
  serventCase({
    id: 'overlay 4 loopback-client told',
    class: 'mixed',
    rule: "Toward a neighbour that is not on loopback, a client on loopback gets the servent's own address.",
    lastIsFar: true,
    async scene(scene) {
      scene.asks('nowhere');
      const { client } = await scene.neighbours[0].hears(aQuery('nowhere'));
      same('a client that is not on loopback', ipOf(client) >>> 24 === 127 ? formatEndpoint(client) : 'yes', 'yes');
    },
  }),
];
