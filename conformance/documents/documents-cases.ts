/** Section 2 of the store's specification, the document protocol, and what of its replication is seen from outside. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Case } from '../case';
import { same, Unmet } from '../unmet';
import { type DocumentsCase, type DocumentsScene, documentsCase, frame, framed, REPLY, takeReply, wordsOf } from './documents-scene'; // biome-ignore format: one sentence

type Document = Record<string, unknown>;

const ANA = { email: 'a', name: 'Ana', age: 18 };
const RUI = { email: 'b', name: 'Rui', age: 19 };

/** The names found, in alphabetical order. */
async function namesFound(scene: DocumentsScene, query: unknown, to = scene.leader): Promise<string> {
  const found = await scene.does(['search', 'users', query], to);
  if (!Array.isArray(found)) throw new Unmet('a list of documents', wordsOf(found));
  return found.map((document: Document) => String(document['name'])).sort().join(); // biome-ignore format: one sentence
}

async function withTwo(scene: DocumentsScene): Promise<void> {
  await scene.users();
  for (const document of [ANA, RUI]) await scene.does(['insert', 'users', document]);
}

/** A malformed request: a ko, then the end of the connection, and others are still served. */
async function endsWithKo(scene: DocumentsScene, bytes: Uint8Array): Promise<void> {
  const client = await scene.connects();
  client.says(bytes);
  const reply = await client.hears(REPLY, takeReply);
  same('the reply', reply[0], 'ko');
  await client.closes();
  await scene.does(['describe']);
}

const CASES: readonly DocumentsCase[] = [
  {
    id: 'store 2 starts',
    class: 'must',
    rule: 'A store serves at the address that it is told.',
    scene: async (scene) => void (await scene.connects()),
  },
  {
    id: 'store 2 create',
    class: 'must',
    rule: 'The operation create makes a collection, and gives null.',
    async scene(scene) {
      same('the result', await scene.does(['create', 'users', { '*email': 'str', age: 'int' }]), null);
    },
  },
  {
    id: 'store 2 describe',
    class: 'must',
    rule: 'The operation describe gives the schema of each collection.',
    async scene(scene) {
      await scene.users();
      const described = (await scene.does(['describe'])) as { users?: { schema?: unknown } } | null;
      same('the schema', wordsOf(described?.users?.schema), wordsOf({ '*email': 'str', name: 'str', '*age': 'int' }));
    },
  },
  {
    id: 'store 2 insert',
    class: 'must',
    rule: 'The operation insert gives the _id of the document, another for each.',
    async scene(scene) {
      await scene.users();
      const ids = [await scene.does(['insert', 'users', ANA]), await scene.does(['insert', 'users', RUI])];
      same('two _ids', ids.every((id) => typeof id === 'string') && ids[0] !== ids[1] ? 'yes' : wordsOf(ids), 'yes');
    },
  },
  {
    id: 'store 2 search all',
    class: 'must',
    rule: 'The operation search with {} gives every document.',
    async scene(scene) {
      await withTwo(scene);
      same('found', await namesFound(scene, {}), 'Ana,Rui');
    },
  },
  {
    id: 'store 2 search equal',
    class: 'must',
    rule: 'The operation search gives the documents that are equal in all that the query names.',
    async scene(scene) {
      await withTwo(scene);
      same('found', await namesFound(scene, { email: 'a', age: 18 }), 'Ana');
      same('found', await namesFound(scene, { email: 'a', age: 19 }), '');
    },
  },
  {
    id: 'store 2 search id',
    class: 'must',
    rule: 'A document can be searched by its _id.',
    async scene(scene) {
      await scene.users();
      const id = await scene.does(['insert', 'users', ANA]);
      await scene.does(['insert', 'users', RUI]);
      same('found', await namesFound(scene, { _id: id }), 'Ana');
    },
  },
  {
    id: 'store 2 search compared',
    class: 'survival',
    rule: 'A condition may be comparisons, all of which must hold.',
    async scene(scene) {
      await withTwo(scene);
      same('found', await namesFound(scene, { age: { '>': 18, '<=': 19 } }), 'Rui');
      same('found', await namesFound(scene, { age: { '!=': 19 } }), 'Ana');
    },
  },
  {
    id: 'store 2 update',
    class: 'must',
    rule: 'The operation update changes the documents that meet the query, and says how many.',
    async scene(scene) {
      await withTwo(scene);
      same('the result', await scene.does(['update', 'users', { email: 'a' }, { name: 'Eva' }]), 1);
      same('found', await namesFound(scene, {}), 'Eva,Rui');
    },
  },
  {
    id: 'store 2 delete',
    class: 'must',
    rule: 'The operation delete removes the documents that meet the query, and says how many.',
    async scene(scene) {
      await withTwo(scene);
      same('the result', await scene.does(['delete', 'users', { age: 18 }]), 1);
      same('found', await namesFound(scene, {}), 'Rui');
    },
  },
  {
    id: 'store 2 destroy',
    class: 'must',
    rule: 'The operation destroy removes a collection with its documents.',
    async scene(scene) {
      await withTwo(scene);
      await scene.does(['destroy', 'users']);
      await scene.isRefused(['search', 'users', {}]);
    },
  },
  {
    id: 'store 2 unknown',
    class: 'must',
    rule: 'An unknown operation or collection is a ko with a reason.',
    async scene(scene) {
      await scene.isRefused(['dance']);
      await scene.isRefused(['insert', 'nobody', {}]);
    },
  },
  {
    id: 'store 2 types',
    class: 'must',
    rule: 'A value of another type than the schema says, and an attribute that it does not name, are a ko.',
    async scene(scene) {
      await scene.users();
      await scene.isRefused(['insert', 'users', { age: 'old' }]);
      await scene.isRefused(['insert', 'users', { size: 1 }]);
      same('found', await namesFound(scene, {}), '');
    },
  },
  {
    id: 'store 2 one-after-the-other',
    class: 'survival',
    rule: 'Several requests on one connection are served in their order.',
    async scene(scene) {
      const client = await scene.connects();
      const requests = [
        ['create', 'users', { name: 'str' }],
        ['insert', 'users', { name: 'Ana' }],
        ['destroy', 'users'],
      ];
      client.says(Buffer.concat(requests.map(frame)));
      for (const _ of requests) same('the reply', (await client.hears(REPLY, takeReply))[0], 'ok');
    },
  },
  {
    id: 'store 2 own-id',
    class: 'survival',
    rule: 'A document may bring its _id: the same again is an ok, another with it a ko.',
    async scene(scene) {
      await scene.users();
      const document = { ...ANA, _id: 'of-mine' };
      same('the result', await scene.does(['insert', 'users', document]), 'of-mine');
      await scene.does(['insert', 'users', document]);
      await scene.isRefused(['insert', 'users', { ...RUI, _id: 'of-mine' }]);
      same('found', await namesFound(scene, {}), 'Ana');
    },
  },
  {
    id: 'store 2 request-identity',
    class: 'survival',
    rule: 'A request that is repeated under its identity gets its first reply again, and is not done twice.',
    async scene(scene) {
      await scene.users();
      const request = ['insert', 'users', ANA, { request: '6f8b4a52-9f0e-4a4e-9d07-2f3f3c1f8d11' }];
      same('the second reply', await scene.does(request), await scene.does(request));
      same('found', await namesFound(scene, {}), 'Ana');
    },
  },
  {
    id: 'store 2 pieces',
    class: 'survival',
    rule: 'A request may come in any pieces.',
    async scene(scene) {
      const client = await scene.connects();
      for (const byte of frame(['create', 'users', { name: 'str' }])) {
        client.says(Uint8Array.of(byte));
        await sleep(2);
      }
      same('the reply', (await client.hears(REPLY, takeReply))[0], 'ok');
    },
  },
  {
    id: 'store 2 slow client',
    class: 'survival',
    rule: 'A client that says half a request delays no other.',
    async scene(scene) {
      const slow = await scene.connects(scene.leader, 'slow client');
      slow.says(frame(['describe']).subarray(0, 5));
      await scene.does(['describe']);
    },
  },
  ...(
    [
      ['empty', 'A length of 0', framed(new Uint8Array(0))],
      ['no-json', 'JSON that is none', framed(Buffer.from('["describe"'))],
      ['no-list', 'A request that is no list', framed(Buffer.from('{"describe":1}'))],
    ] as const
  ).map(([name, what, bytes]) => ({
    id: `store 2 malformed ${name}`,
    class: 'survival' as const,
    rule: `${what} is a ko, then the connection is closed.`,
    scene: (scene: DocumentsScene) => endsWithKo(scene, bytes),
  })),
  {
    id: 'store 2 follower reads',
    class: 'replication',
    rule: 'A replica that joins gets what was written before and after, and serves reads.',
    async scene(scene) {
      await scene.users();
      await scene.does(['insert', 'users', ANA]);
      const follower = await scene.follower();
      await scene.eventually('Ana at the follower', async () => (await namesFound(scene, {}, follower)) === 'Ana');
      await scene.does(['insert', 'users', RUI]);
      await scene.eventually(
        'Ana,Rui at the follower',
        async () => (await namesFound(scene, {}, follower)) === 'Ana,Rui',
      );
    },
  },
  {
    id: 'store 2 follower writes',
    class: 'replication',
    rule: 'A write at a follower is a ko.',
    async scene(scene) {
      await scene.users();
      const follower = await scene.follower();
      await scene.eventually(
        'the collection at the follower',
        async () => (await namesFound(scene, {}, follower)) === '',
      );
      await scene.isRefused(['insert', 'users', ANA], follower);
    },
  },
  {
    id: 'store 4 leader killed',
    class: 'faults',
    rule: 'When the leader dies a follower takes over, and nothing that was confirmed is lost.',
    async scene(scene) {
      await scene.users();
      const follower = await scene.follower();
      await scene.eventually(
        'the collection at the follower',
        async () => (await namesFound(scene, {}, follower)) === '',
      );
      await sleep(1000);
      await scene.does(['insert', 'users', ANA]);
      await scene.leader.subject.kill();
      await scene.eventually('a write that the follower takes', async () => {
        const reply = await scene.asks(['insert', 'users', { ...RUI, _id: 'of-rui' }], follower);
        if (reply[0] !== 'ok') throw new Unmet('ok', wordsOf(reply));
        return true;
      });
      same('found', await namesFound(scene, {}, follower), 'Ana,Rui');
    },
  },
];

export const DOCUMENTS_CASES: readonly Case[] = CASES.map(documentsCase);
