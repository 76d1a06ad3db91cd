/** Section 1 of the forms dialect's specification: its routes, what they refuse, and replicas as one. */

import { setTimeout as sleep } from 'node:timers/promises';
import { formatEndpoint } from '../../shared/endpoint';
import type { Case } from '../case';
import { same } from '../unmet';
import { requestOf, takeHttpReply } from './http';
import { ALL, ANA, EVA, HTTP_REPLY, type RestCase, type RestScene, RUI, restCase, shownOf } from './rest-scene';

const THERE = { status: 'error', message: 'El registro ya existe en el sistema.' };
const NOT_THERE = { status: 'ok', message: 'El registro No existe en el sistema.' };
const TAKEN = { status: 'ok', message: 'Registro ingresado correctamente.' };
const NONE = { status: 'error', message: 'El registro No existe en el sistema.' };

const BODY_MAX = 1 << 20;

const CASES: readonly RestCase[] = [
  {
    id: 'forms 1 starts',
    class: 'must',
    rule: 'A store serves HTTP at the address that it is told.',
    scene: async (scene) => void (await scene.connects()),
  },
  {
    id: 'forms 1 Ingresar',
    class: 'must',
    rule: 'A form that is posted is taken, and the reply says so in the words of the definition.',
    async scene(scene) {
      const reply = await scene.posts(JSON.stringify(ANA));
      same('the reply', JSON.stringify(reply.body), JSON.stringify(TAKEN));
      same('a status of 2xx', reply.status >= 200 && reply.status <= 299 ? 'yes' : shownOf(reply), 'yes');
    },
  },
  {
    id: 'forms 1 Verifica absent',
    class: 'must',
    rule: 'VerificaFormularioDuplicado says of an id that is not there that it is not, with status 200.',
    scene: async (scene) => {
      const reply = await scene.gives(`VerificaFormularioDuplicado/${ANA.id}`, NOT_THERE);
      same('the status', reply.status, 200);
    },
  },
  {
    id: 'forms 1 Verifica there',
    class: 'must',
    rule: 'VerificaFormularioDuplicado says of an id that is there that it is, with status 200.',
    async scene(scene) {
      await scene.inserts(ANA);
      same('the status', (await scene.gives(`VerificaFormularioDuplicado/${ANA.id}`, THERE)).status, 200);
    },
  },
  {
    id: 'forms 1 Obetener',
    class: 'must',
    rule: 'ObetenerUnFormulario, so spelt, gives the form.',
    async scene(scene) {
      await scene.inserts(RUI, ANA);
      await scene.gives(`ObetenerUnFormulario/${ANA.id}`, ANA);
    },
  },
  {
    id: 'forms 1 Obetener absent',
    class: 'must',
    rule: 'A form that is not there is a 404 in the words of the definition.',
    async scene(scene) {
      same('the status', (await scene.gives(`ObetenerUnFormulario/${ANA.id}`, NONE)).status, 404);
    },
  },
  {
    id: 'forms 1 Todos',
    class: 'must',
    rule: 'ObtenerTodosLosFormularios/* gives the list of all forms, as they were posted.',
    async scene(scene) {
      await scene.lists(ALL, []);
      await scene.inserts(ANA, RUI);
      await scene.lists(ALL, [ANA, RUI]);
    },
  },
  {
    id: 'forms 1 Generos',
    class: 'must',
    rule: 'ObtenerGeneros gives the forms with exactly that genero.',
    async scene(scene) {
      await scene.inserts(ANA, RUI, EVA);
      await scene.lists('ObtenerGeneros/Femenino', [ANA, EVA]);
      await scene.lists('ObtenerGeneros/femenin', []);
    },
  },
  {
    id: 'forms 1 follower reads',
    class: 'replication',
    rule: 'A replica that joins gets what was posted before and after, and serves every read.',
    async scene(scene) {
      await scene.inserts(ANA);
      const follower = await scene.follower();
      await scene.eventually(() => scene.lists(ALL, [ANA], follower));
      await scene.inserts(RUI);
      await scene.eventually(() => scene.lists(ALL, [ANA, RUI], follower));
      await scene.gives(`ObetenerUnFormulario/${RUI.id}`, RUI, follower);
      await scene.gives(`VerificaFormularioDuplicado/${RUI.id}`, THERE, follower);
    },
  },
  {
    id: 'forms 1 follower posts',
    class: 'replication',
    rule: 'A follower sends a POST on to the leader.',
    async scene(scene) {
      const follower = await scene.follower();
      await scene.hasTaken(ANA, follower);
      await scene.lists(ALL, [ANA]);
    },
  },
  {
    id: 'forms 1 too few in sync',
    class: 'replication',
    rule: 'A form that fewer replicas than wanted can confirm is a 503 that says so, and another is taken once they can.',
    inSyncMin: 2,
    async scene(scene) {
      const request = { method: 'POST', path: '/API/IngresarFormulario', body: JSON.stringify(ANA) };
      const wanted = `503 ${JSON.stringify({ status: 'error', message: 'El registro no se ha replicado en 2 nodos.' })}`;
      await scene.eventually(async () => same('the reply', shownOf(await scene.asksOnce(request)), wanted));
      await scene.follower();
      await scene.inserts(RUI);
    },
  },
  {
    id: 'forms 2 leader killed',
    class: 'faults',
    rule: 'When the leader dies a follower takes over, and nothing that was confirmed is lost.',
    async scene(scene) {
      const follower = await scene.follower();
      await scene.inserts(ANA);
      await scene.eventually(() => scene.lists(ALL, [ANA], follower));
      await scene.haveJoined(2);
      await scene.leader.subject.kill();
      await scene.hasTaken(RUI, follower);
      await scene.lists(ALL, [ANA, RUI], follower);
    },
  },
  {
    id: 'forms 1 status 201',
    class: 'survival',
    rule: 'A form that is taken has the status 201.',
    scene: async (scene) => same('the status', (await scene.posts(JSON.stringify(ANA))).status, 201),
  },
  {
    id: 'forms 1 second insert',
    class: 'survival',
    rule: 'An id that is there already is a 409, and the first form stays.',
    async scene(scene) {
      await scene.inserts(ANA);
      const reply = await scene.posts(JSON.stringify({ ...RUI, id: ANA.id }));
      same('the reply', shownOf(reply), shownOf({ ...reply, status: 409, body: THERE }));
      await scene.lists(ALL, [ANA]);
    },
  },
  {
    id: 'forms 1 two at once',
    class: 'survival',
    rule: 'Of forms with one id that are posted at once exactly one is taken.',
    async scene(scene) {
      await scene.lists(ALL, []);
      const posted = Array.from({ length: 8 }, (_, i) => scene.posts(JSON.stringify({ ...ANA, apellidos: `P${i}` })));
      const statuses = (await Promise.all(posted)).map(({ status }) => (status < 300 ? 'taken' : String(status)));
      same('the replies', statuses.sort().join(), ['409,'.repeat(7), 'taken'].join(''));
    },
  },
  {
    id: 'forms 1 whatever else',
    class: 'survival',
    rule: 'A form is kept as it is, with nested objects and any other attributes.',
    async scene(scene) {
      const form = { id: 'a', casa: { pisos: 2, agua: true, nota: null }, hijos: [1, { edad: 3.5 }], 'año': '¿1999?' }; // biome-ignore format: one sentence
      await scene.inserts(form);
      await scene.gives('ObetenerUnFormulario/a', form);
    },
  },
  {
    id: 'forms 1 id escaped',
    class: 'survival',
    rule: 'An id may hold any character; in a path it is escaped.',
    async scene(scene) {
      const form = { ...ANA, id: 'ñ /?%' };
      await scene.inserts(form);
      await scene.gives(`ObetenerUnFormulario/${encodeURIComponent(form.id)}`, form);
    },
  },
  {
    id: 'forms 1 Obtener',
    class: 'survival',
    rule: 'The routes ObtenerUnFormulario, and ObtenerTodosLosFormularios without /*, are served too.',
    async scene(scene) {
      await scene.inserts(ANA);
      await scene.gives(`ObtenerUnFormulario/${ANA.id}`, ANA);
      await scene.lists('ObtenerTodosLosFormularios', [ANA]);
    },
  },
  {
    id: 'forms 1 pages',
    class: 'survival',
    rule: 'With limite a list comes in pages, whose header Link names the next one.',
    async scene(scene) {
      await scene.inserts(ANA, RUI, EVA);
      const first = await scene.lists('ObtenerTodosLosFormularios?limite=2', [ANA, RUI]);
      const next = /<([^>]*)>\s*;[^,]*rel="?next"?/.exec(first.headers.get('link') ?? '')?.[1];
      const path = new URL(next ?? '/none', 'http://program').href.replace('http://program', '').replace(/^.*\/API\//, ''); // biome-ignore format: one sentence
      await scene.lists(path, [EVA]);
    },
  },
  {
    id: 'forms 1 Idempotency-Key',
    class: 'survival',
    rule: 'A POST that is repeated with its Idempotency-Key gets its first reply again.',
    async scene(scene) {
      const headers = { 'Idempotency-Key': '6f8b4a52-9f0e-4a4e-9d07-2f3f3c1f8d11' };
      const first = await scene.posts(JSON.stringify(ANA), scene.leader, headers);
      const second = await scene.posts(JSON.stringify(ANA), scene.leader, headers);
      same('the second reply', shownOf(second), shownOf(first));
    },
  },
  ...(
    [
      ['no-JSON', 'A body that is no JSON', '{"id":'],
      ['no-object', 'A body that is no object', '["1"]'],
      ['no-id', 'A form without id', '{"nombres":"Ana"}'],
      ['id-type', 'An id that is no string', '{"id":1234567890}'],
      ['id-empty', 'An empty id', '{"id":""}'],
      ['id-long', 'An id of 65 characters', JSON.stringify({ id: 'x'.repeat(65) })],
      ['name-type', 'A name that is no string', '{"id":"1","nombres":1}'],
      ['too-large', 'A body above 1 MiB', JSON.stringify({ id: '1', nombres: 'x'.repeat(BODY_MAX) })],
    ] as const
  ).map(([name, what, body]) => refusedCase(name, what, { method: 'POST', path: '/API/IngresarFormulario', body })),
  refusedCase('route', 'An unknown route', { method: 'GET', path: '/API/Nada' }),
  refusedCase('method', 'An unknown method', { method: 'DELETE', path: `/API/${ALL}` }),
  {
    id: 'forms 1 pieces',
    class: 'survival',
    rule: 'A request may come in any pieces.',
    async scene(scene) {
      await scene.inserts(RUI);
      const client = await scene.connects();
      const request = { method: 'POST', path: '/API/IngresarFormulario', body: JSON.stringify(ANA) };
      const bytes = requestOf(request, formatEndpoint(scene.leader.endpoint));
      for (let at = 0; at < bytes.length; at += 7) {
        client.says(bytes.subarray(at, at + 7));
        await sleep(2);
      }
      await client.hears(HTTP_REPLY, takeHttpReply, scene.ground.terms.startMs);
      await scene.lists(ALL, [ANA, RUI]);
    },
  },
  {
    id: 'forms 1 slow client',
    class: 'survival',
    rule: 'A client that says half a request delays no other.',
    async scene(scene) {
      const slow = await scene.connects(scene.leader, 'slow client');
      slow.says(Buffer.from('POST /API/Ingresar'));
      await scene.lists(ALL, []);
    },
  },
  {
    id: 'forms 1 no HTTP',
    class: 'survival',
    rule: 'What is no HTTP is closed upon, and others are still served.',
    async scene(scene) {
      const client = await scene.connects();
      client.says(Buffer.from('00ff807f0d0a0d0a0d0a', 'hex'));
      await client.closes(scene.ground.terms.startMs);
      await scene.lists(ALL, []);
    },
  },
];

function refusedCase(name: string, what: string, request: Parameters<RestScene['refuses']>[0]): RestCase {
  return {
    id: `forms 1 refuses ${name}`,
    class: 'survival',
    rule: `${what} is refused by a 4xx with a sentence.`,
    scene: (scene) => scene.refuses(request),
  };
}

export const REST_CASES: readonly Case[] = CASES.map(restCase);
