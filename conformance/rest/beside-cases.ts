/** Section 1 of the forms dialect's specification: what is served beside the forms. */

import type { Case } from '../case';
import { jsonWords, same, Unmet } from '../unmet';
import { ANA, EVA, type Form, hasIdsOf, type RestCase, RUI, restCase, shownOf } from './rest-scene';

const CASES: readonly RestCase[] = [
  {
    id: 'forms 1 collections',
    class: 'survival',
    rule: 'A collection is listed at /collections, with the documents that meet the conditions of q.',
    async scene(scene) {
      await scene.inserts(ANA, RUI, EVA);
      const path = '/collections/formularios';
      hasIdsOf(await scene.getsBeside(path), [ANA, RUI, EVA]);
      hasIdsOf(await scene.getsBeside(`${path}?q=${encodeURIComponent('genero=Femenino')}`), [ANA, EVA]);
      hasIdsOf(await scene.getsBeside(`${path}?q=${encodeURIComponent('genero>Femenino')}`), [RUI]);
    },
  },
  {
    id: 'forms 1 collections unknown',
    class: 'survival',
    rule: 'A collection that is not there is refused by a 4xx with a sentence.',
    scene: (scene) => scene.refuses({ method: 'GET', path: '/collections/nobody' }),
  },
  {
    id: 'forms 1 healthz',
    class: 'survival',
    rule: 'A replica that runs says so at /healthz by the status 200.',
    scene: async (scene) => void (await scene.getsBeside('/healthz')),
  },
  {
    id: 'forms 1 readyz',
    class: 'survival',
    rule: 'A replica that takes forms says so at /readyz by the status 200.',
    async scene(scene) {
      await scene.inserts(ANA);
      await scene.getsBeside('/readyz');
    },
  },
  {
    id: 'forms 1 status',
    class: 'survival',
    rule: 'The role, epoch, leader, in-sync set and lag of a replica stand at /status.',
    async scene(scene) {
      await scene.inserts(ANA);
      const reply = await scene.getsBeside('/status');
      const status = (reply.body ?? {}) as Form;
      const names = ['role', 'epoch', 'leader', 'inSync', 'lag'];
      same('these of its members', names.filter((name) => Object.hasOwn(status, name)).join(), names.join());
      same('the role', status['role'], 'leader');
    },
  },
  {
    id: 'forms 1 metrics',
    class: 'survival',
    rule: 'What Prometheus reads stands at /metrics, a name and a number a line.',
    async scene(scene) {
      const reply = await scene.getsBeside('/metrics');
      const isMetrics = /^[a-zA-Z_:][\w:]*(\{.*\})? [-+\d.eInfNa]+( \d+)?$/m.test(String(reply.body));
      if (!isMetrics) throw new Unmet('a line of a name and a number', shownOf(reply));
    },
  },
  {
    id: 'forms 1 openapi',
    class: 'survival',
    rule: 'The description of the routes stands at /openapi.json, and names those of the definition.',
    async scene(scene) {
      const { body } = await scene.getsBeside('/openapi.json');
      const { openapi, paths } = (body ?? {}) as { openapi?: unknown; paths?: object };
      same('the type of its version', typeof openapi, 'string');
      const names = Object.keys(paths ?? {}).join();
      for (const name of ['VerificaFormularioDuplicado', 'IngresarFormulario', 'ObetenerUnFormulario'])
        if (!names.includes(`/API/${name}`)) throw new Unmet(`a path /API/${name}`, jsonWords(names));
    },
  },
];

export const BESIDE_CASES: readonly Case[] = CASES.map(restCase);
