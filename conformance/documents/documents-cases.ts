/** Section 2 of the store's specification: the document protocol, spoken with one replica. */

import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Case } from '../case';
import { jsonWords, same, Unmet } from '../unmet';
import {
  ANA,
  type Document,
  type DocumentsCase,
  type DocumentsScene,
  documentsCase,
  frame,
  framed,
  REPLY,
  RUI,
  takeReply,
} from './documents-scene';

/** The _ids of documents, as they stand. */
function idsOf(found: unknown): string {
  return Array.isArray(found) ? found.map((document: Document) => String(document['_id'])).join() : jsonWords(found);
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
      same(
        'the schema',
        jsonWords(described?.users?.schema),
        jsonWords({ '*email': 'str', name: 'str', '*age': 'int' }),
      );
    },
  },
  {
    id: 'store 2 insert',
    class: 'must',
    rule: 'The operation insert gives the _id of the document, another for each.',
    async scene(scene) {
      await scene.users();
      const ids = [await scene.does(['insert', 'users', ANA]), await scene.does(['insert', 'users', RUI])];
      same('two _ids', ids.every((id) => typeof id === 'string') && ids[0] !== ids[1] ? 'yes' : jsonWords(ids), 'yes');
    },
  },
  {
    id: 'store 2 search all',
    class: 'must',
    rule: 'The operation search with {} gives every document.',
    async scene(scene) {
      await scene.withTwo();
      same('found', await scene.names({}), 'Ana,Rui');
    },
  },
  {
    id: 'store 2 search equal',
    class: 'must',
    rule: 'The operation search gives the documents that are equal in all that the query names.',
    async scene(scene) {
      await scene.withTwo();
      same('found', await scene.names({ email: 'a', age: 18 }), 'Ana');
      same('found', await scene.names({ email: 'a', age: 19 }), '');
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
      same('found', await scene.names({ _id: id }), 'Ana');
    },
  },
  {
    id: 'store 2 search compared',
    class: 'survival',
    rule: 'A condition may be comparisons, all of which must hold.',
    async scene(scene) {
      await scene.withTwo();
      same('found', await scene.names({ age: { '>': 18, '<=': 19 } }), 'Rui');
      same('found', await scene.names({ age: { '!=': 19 } }), 'Ana');
    },
  },
  {
    id: 'store 2 update',
    class: 'must',
    rule: 'The operation update changes the documents that meet the query, and says how many.',
    async scene(scene) {
      await scene.withTwo();
      same('the result', await scene.does(['update', 'users', { email: 'a' }, { name: 'Eva' }]), 1);
      same('found', await scene.names({}), 'Eva,Rui');
      same('found by what was not changed', await scene.names({ email: 'a', age: 18 }), 'Eva');
    },
  },
  {
    id: 'store 2 delete',
    class: 'must',
    rule: 'The operation delete removes the documents that meet the query, and says how many.',
    async scene(scene) {
      await scene.withTwo();
      same('the result', await scene.does(['delete', 'users', { age: 18 }]), 1);
      same('found', await scene.names({}), 'Rui');
    },
  },
  {
    id: 'store 2 several',
    class: 'must',
    rule: 'The operations update and delete meet every document that the query does.',
    async scene(scene) {
      await scene.withTwo();
      same('the result', await scene.does(['update', 'users', {}, { name: 'Eva' }]), 2);
      same('found', await scene.names({}), 'Eva,Eva');
      same('the result', await scene.does(['delete', 'users', { name: 'Eva' }]), 2);
      same('found', await scene.names({}), '');
    },
  },
  {
    id: 'store 2 destroy',
    class: 'must',
    rule: 'The operation destroy removes a collection with its documents.',
    async scene(scene) {
      await scene.withTwo();
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
      same('found', await scene.names({}), '');
    },
  },
  {
    id: 'store 2 missing attributes',
    class: 'must',
    rule: 'Attributes may be missing from a document, which no condition on them meets.',
    async scene(scene) {
      await scene.withTwo();
      await scene.does(['insert', 'users', { name: 'Eva' }]);
      same('found', await scene.names({}), 'Ana,Eva,Rui');
      same('found', await scene.names({ age: 18 }), 'Ana');
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
      same('found', await scene.names({}), 'Ana');
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
      same('found', await scene.names({}), 'Ana');
    },
  },
  {
    id: 'store 2 pages',
    class: 'survival',
    rule: 'A search with a page gives so many documents behind an _id, in the order of these.',
    async scene(scene) {
      await scene.users();
      for (const _id of ['b', 'c', 'a']) await scene.does(['insert', 'users', { _id, name: _id }]);
      const page = async (about: object) => idsOf(await scene.does(['search', 'users', {}, about]));
      same('the first page', await page({ limit: 2 }), 'a,b');
      same('the page behind it', await page({ limit: 2, after: 'b' }), 'c');
    },
  },
  {
    id: 'store 2 reply too large',
    class: 'survival',
    rule: 'A reply that does not fit 65,535 bytes is a ko, and its documents come in pages.',
    async scene(scene) {
      await scene.users();
      for (const _id of ['a', 'b']) await scene.does(['insert', 'users', { _id, name: _id.repeat(40_000) }]);
      await scene.isRefused(['search', 'users', {}]);
      same('the page behind a', idsOf(await scene.does(['search', 'users', {}, { limit: 1, after: 'a' }])), 'b');
    },
  },
  {
    id: 'store 2 open collection',
    class: 'survival',
    rule: 'In a collection whose schema has "...":"any" attributes that it does not list hold any JSON.',
    async scene(scene) {
      await scene.does(['create', 'forms', { '*genero': 'str', '...': 'any' }]);
      const form = { _id: 'a', genero: 'Femenino', casa: { pisos: 2, agua: true }, hijos: [1, null] };
      await scene.does(['insert', 'forms', form]);
      const [found] = (await scene.does(['search', 'forms', { genero: 'Femenino' }])) as unknown[];
      if (!isDeepStrictEqual(found, form)) throw new Unmet(jsonWords(form), jsonWords(found));
    },
  },
  {
    id: 'store 2 status',
    class: 'survival',
    rule: 'The operation status gives role, epoch, leader, members, inSync, position, lag and version.',
    async scene(scene) {
      const status = ((await scene.does(['status'])) ?? {}) as Document;
      const names = ['epoch', 'inSync', 'lag', 'leader', 'members', 'position', 'role', 'version'];
      same('these of its members', names.filter((name) => Object.hasOwn(status, name)).join(), names.join());
      same('the role', status['role'], 'leader');
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
];

export const DOCUMENT_CASES: readonly Case[] = CASES.map(documentsCase);
