/** Section 4 of the overlay's specification, second half: what a servent does when it hears a QUERY. */

import { type Endpoint, formatEndpoint, parseEndpoint } from '../../shared/endpoint';
import type { Case } from '../case';
import { NotPlayable, same } from '../unmet';
import { aQuery, aResponse, query, shown, type Text } from './messages';
import { type ServentScene, serventCase } from './servent-scene';

const ELSEWHERE = parseEndpoint('127.0.0.1:40404')!;

/** A QUERY as these cases use it: what is not named is of no concern there. */
function queryFor(
  key: Text,
  { ttl = 3, client = ELSEWHERE, sequence = 7 }: { ttl?: number; client?: Endpoint; sequence?: number } = {},
): Uint8Array {
  return query(key, { ttl, client, sequence });
}

/** A rule of copies: of two QUERYs from the first neighbour, how many are forwarded to the second. */
function copiesCase(
  part: string,
  rule: string,
  [first, second]: readonly [Uint8Array, Uint8Array],
  forwarded: number,
  about: Pick<Case, 'class'> = { class: 'must' },
): Case {
  return serventCase({
    id: `overlay 4 QUERY ${part}`,
    rule,
    ...about,
    neighbours: 2,
    async scene(scene) {
      const [n1, n2] = scene.neighbours;
      const came = (): number => n2.all(aQuery('nowhere')).length + n2.all(aQuery('other')).length;
      n1.says(first);
      await scene.settles();
      n1.says(second);
      await scene.settles();
      // Who works on several at once may have done with the other question sooner.
      await scene.subject.within(scene.ground.terms.patienceMs, () => came() >= forwarded);
      same('QUERYs forwarded', came(), forwarded);
    },
  });
}

/** How often the client is answered when two copies of a QUERY for a key that is held come. */
async function answersToTwo(scene: ServentScene, first: Uint8Array, second: Uint8Array): Promise<number> {
  const [n1, n2] = scene.neighbours;
  n1.says(first);
  await scene.settles();
  n2.says(second);
  await scene.settles();
  return scene.client.all(aResponse('ssh')).length;
}

export const QUERY_CASES: readonly Case[] = [
  serventCase({
    id: 'overlay 4 QUERY 1 answered-once',
    class: 'must',
    rule: 'A query already seen is not answered again.',
    neighbours: 2,
    async scene(scene) {
      const copy = queryFor('ssh', { client: scene.client.endpoint });
      same('answers, at most one:', Math.max(1, await answersToTwo(scene, copy, copy)), 1);
    },
  }),
  copiesCase(
    '1 forwarded-once',
    'A query already seen is not forwarded again.',
    [queryFor('nowhere'), queryFor('nowhere')],
    1,
  ),
  copiesCase(
    '1 sequence',
    'Another sequence makes another query.',
    [queryFor('nowhere', { sequence: 1 }), queryFor('nowhere', { sequence: 2 })],
    2,
  ),
  copiesCase(
    '1 client-port',
    "Another client's port makes another query.",
    [queryFor('nowhere'), queryFor('nowhere', { client: ELSEWHERE + 1 })],
    2,
  ),
  copiesCase(
    '1 client-ip',
    "Another client's address makes another query.",
    [queryFor('nowhere'), queryFor('nowhere', { client: parseEndpoint('127.0.0.2:40404')! })],
    2,
  ),
  copiesCase('1 key', 'Another key makes another query.', [queryFor('nowhere'), queryFor('other')], 2),
  copiesCase(
    '1 NUL',
    'What stands behind a NUL makes no other query.',
    [queryFor('nowhere'), queryFor('nowhere\0padding')],
    1,
    { class: 'survival' },
  ),
  serventCase({
    id: 'overlay 4 QUERY 2 answers',
    class: 'must',
    rule: 'A QUERY for a key that is held is answered with a RESPONSE straight to the client inside it.',
    async scene({ client, neighbours: [n1] }) {
      n1.says(queryFor('ssh', { client: client.endpoint }));
      await client.hears(aResponse('ssh'));
    },
  }),
  serventCase({
    id: 'overlay 4 QUERY 2 client-alone',
    class: 'must',
    rule: 'Nobody but the client is answered.',
    neighbours: 2,
    async scene(scene) {
      const [n1, n2] = scene.neighbours;
      n1.says(queryFor('ssh', { client: scene.client.endpoint }));
      await scene.settles();
      for (const peer of [n1, n2]) peer.heardTimes(0, aResponse('ssh'));
    },
  }),
  serventCase({
    id: 'overlay 4 QUERY 2 lacks',
    class: 'must',
    rule: 'No message is sent for a key it lacks, and nothing is acknowledged.',
    async scene(scene) {
      const [n1] = scene.neighbours;
      n1.says(queryFor('nowhere', { ttl: 1, client: scene.client.endpoint }));
      await scene.settles();
      scene.staysSilent(scene.client, n1);
    },
  }),
  serventCase({
    id: 'overlay 4 QUERY 3 ttl',
    class: 'must',
    rule: 'A forwarded QUERY has its ttl decreased by one.',
    neighbours: 2,
    async scene({ neighbours: [n1, n2] }) {
      n1.says(queryFor('three', { ttl: 3 }));
      same('ttl', (await n2.hears(aQuery('three'))).ttl, 2);
      n1.says(queryFor('two', { ttl: 2, sequence: 8 }));
      same('ttl', (await n2.hears(aQuery('two'))).ttl, 1);
    },
  }),
  serventCase({
    id: 'overlay 4 QUERY 3 expires',
    class: 'must',
    rule: 'A QUERY that comes with ttl 1 is not forwarded.',
    neighbours: 2,
    async scene(scene) {
      const [n1, n2] = scene.neighbours;
      n1.says(queryFor('nowhere', { ttl: 1 }));
      await scene.settles();
      n2.heardTimes(0, aQuery('nowhere'));
    },
  }),
  serventCase({
    id: 'overlay 4 QUERY 3 last-hop',
    class: 'must',
    rule: 'A QUERY that comes with ttl 1 is still looked up and answered.',
    async scene({ client, neighbours: [n1] }) {
      n1.says(queryFor('ssh', { ttl: 1, client: client.endpoint }));
      await client.hears(aResponse('ssh'));
    },
  }),
  serventCase({
    id: 'overlay 4 QUERY 3 every-other',
    class: 'must',
    rule: 'A QUERY goes on to every neighbour but the one it came from.',
    neighbours: 4,
    async scene({ neighbours: [n1, ...others] }) {
      n1.says(queryFor('nowhere'));
      for (const other of others) await other.hears(aQuery('nowhere'));
    },
  }),
  serventCase({
    id: 'overlay 4 QUERY 3 not-back',
    class: 'must',
    rule: 'A QUERY does not go back to the neighbour it came from.',
    neighbours: 2,
    async scene(scene) {
      const [n1] = scene.neighbours;
      n1.says(queryFor('nowhere'));
      await scene.settles();
      n1.heardTimes(0, aQuery('nowhere'));
    },
  }),
  serventCase({
    id: 'overlay 4 QUERY 3 though-held',
    class: 'must',
    rule: 'A QUERY goes on also when the servent has answered it.',
    neighbours: 2,
    async scene({ neighbours: [n1, n2] }) {
      n1.says(queryFor('ssh'));
      await n2.hears(aQuery('ssh'));
    },
  }),
  serventCase({
    id: 'overlay 4 QUERY 3 unchanged',
    class: 'must',
    rule: 'A forwarded QUERY keeps its client, sequence and key.',
    neighbours: 2,
    async scene({ neighbours: [n1, n2] }) {
      const client = parseEndpoint('127.1.2.3:60000')!;
      n1.says(queryFor('nowhere', { client, sequence: 0xfedcba98 }));
      const passed = await n2.hears(aQuery('nowhere'));
      same('client', formatEndpoint(passed.client), formatEndpoint(client));
      same('sequence', passed.sequence, 0xfedcba98);
      same('the text', shown(passed.text), 'nowhere');
    },
  }),
  serventCase({
    id: 'overlay 4 QUERY 3 ttl-0',
    class: 'survival',
    rule: 'A QUERY that comes with ttl 0 counts as expired after the look-up: it is answered, not forwarded.',
    neighbours: 2,
    async scene(scene) {
      const [n1, n2] = scene.neighbours;
      n1.says(queryFor('ssh', { ttl: 0, client: scene.client.endpoint }));
      await scene.client.hears(aResponse('ssh'));
      await scene.settles();
      n2.heardTimes(0, aQuery('ssh'));
    },
  }),
  serventCase({
    id: 'overlay 4 QUERY 3 ttl-above-3',
    class: 'survival',
    rule: 'A ttl above 3 is treated as 3, so that no faulty peer can flood further.',
    neighbours: 2,
    async scene({ neighbours: [n1, n2] }) {
      n1.says(queryFor('nowhere', { ttl: 60_000 }));
      same('ttl', (await n2.hears(aQuery('nowhere'))).ttl, 2);
    },
  }),
  copiesCase(
    '4 higher-ttl',
    'A query already seen that comes with a higher ttl is forwarded once more.',
    [queryFor('nowhere', { ttl: 2 }), queryFor('nowhere', { ttl: 3 })],
    2,
    { class: 'reordering' },
  ),
  copiesCase(
    '4 lower-ttl',
    'A query already seen that comes with a lower ttl is not forwarded again.',
    [queryFor('nowhere', { ttl: 3 }), queryFor('nowhere', { ttl: 2 })],
    1,
    { class: 'reordering' },
  ),
  serventCase({
    id: 'overlay 4 QUERY 4 not-answered-again',
    class: 'reordering',
    rule: 'A query already seen that comes with a higher ttl is not answered again.',
    neighbours: 2,
    async scene(scene) {
      const { endpoint: client } = scene.client;
      const answers = await answersToTwo(
        scene,
        queryFor('ssh', { ttl: 1, client }),
        queryFor('ssh', { ttl: 3, client }),
      );
      same('answers, at most one:', Math.max(1, answers), 1);
    },
  }),
  serventCase({
    id: 'overlay 4 stranger',
    class: 'mixed',
    rule: 'A QUERY from an address that is no listed neighbour is served like any other, and goes to all neighbours.',
    neighbours: 2,
    async scene(scene) {
      const stranger = await scene.stranger();
      stranger.says(queryFor('ssh', { client: scene.client.endpoint }));
      await scene.client.hears(aResponse('ssh'));
      stranger.says(queryFor('nowhere', { client: scene.client.endpoint, sequence: 8 }));
      for (const neighbour of scene.neighbours) await neighbour.hears(aQuery('nowhere'));
    },
  }),
  serventCase({
    id: 'overlay 4 loopback-client dropped',
    class: 'mixed',
    rule: 'A QUERY that names a client on loopback but does not come from there is dropped.',
    neighbours: 2,
    async scene(scene) {
      const { secondAddress } = scene.ground.terms;
      if (secondAddress === undefined) throw new NotPlayable('needs a network namespace of its own');
      const far = await scene.stranger('far', secondAddress);
      far.says(queryFor('ssh', { client: scene.client.endpoint }));
      await scene.settles();
      scene.staysSilent(scene.client, ...scene.neighbours);
    },
  }),
];
