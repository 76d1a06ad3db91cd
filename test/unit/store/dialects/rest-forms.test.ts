/** The forms dialect, rule by rule (forms specification, section 1): what is answered, byte for byte. */

import { expect } from 'chai';
import type { Answer } from '../../../../store/replication/outbox';
import { answerOf } from '../../../support/store/answer';
import { RestReplica } from '../../../support/store/rest';

const POST = 'POST /API/IngresarFormulario';
const ANA = { id: '1234567890', nombres: 'Ana', apellidos: 'Pérez', genero: 'Femenino', vive: { en: ['Quito', 2] } };
const TAKEN = '{"status":"ok","message":"Registro ingresado correctamente."}';
const THERE = '{"status":"error","message":"El registro ya existe en el sistema."}';
const NOT_THERE = '{"status":"ok","message":"El registro No existe en el sistema."}';
const NONE = '{"status":"error","message":"El registro No existe en el sistema."}';
const NO_LEADER = '{"status":"error","message":"No hay un nodo líder en este momento, intente de nuevo."}';

describe('the forms dialect', () => {
  let rest: RestReplica;
  beforeEach(() => {
    rest = new RestReplica();
  });
  afterEach(() => rest.close());
  const put = async (...forms: object[]): Promise<void> => {
    for (const form of forms) expect((await rest.ask(POST, form)).status).to.equal(201);
  };
  const replies = async (what: string, body?: unknown): Promise<[number, string]> => {
    const { status, body: said } = await rest.ask(what, body);
    return [status, said];
  };
  const fails = (message: string): string => JSON.stringify({ status: 'error', message });

  it('takes a form, and says of an id whether it is there', async () => {
    expect(await replies('GET /API/VerificaFormularioDuplicado/1234567890')).to.deep.equal([200, NOT_THERE]);
    expect(await replies(POST, ANA)).to.deep.equal([201, TAKEN]);
    expect(await replies('GET /API/VerificaFormularioDuplicado/1234567890')).to.deep.equal([200, THERE]);
    expect(await replies('GET /API/VerificaFormularioDuplicado/1')).to.deep.equal([200, NOT_THERE]);
  });

  for (const name of ['ObetenerUnFormulario', 'ObtenerUnFormulario']) {
    it(`gives a form as it came: ${name}`, async () => {
      expect(await replies(`GET /API/${name}/1234567890`)).to.deep.equal([404, NONE]);
      await put(ANA);
      expect(await replies(`GET /API/${name}/1234567890`)).to.deep.equal([200, JSON.stringify(ANA)]);
      expect(await replies(`GET /API/${name}/1`)).to.deep.equal([404, NONE]);
    });
  }

  for (const path of ['/API/ObtenerTodosLosFormularios', '/API/ObtenerTodosLosFormularios/*']) {
    it(`gives all forms in the order of their ids: ${path}`, async () => {
      expect(await replies(`GET ${path}`)).to.deep.equal([200, '[]']);
      await put({ id: 'b' }, { id: 'a' });
      expect(await replies(`GET ${path}`)).to.deep.equal([200, '[{"id":"a"},{"id":"b"}]']);
    });
  }

  it('gives more forms than are read at once, whole', async () => {
    const ids = Array.from({ length: 1203 }, (_, i) => String(i).padStart(4, '0'));
    for (const id of ids)
      rest.replica.applied(['put', 'formularios', { _id: id, id }, { absent: true, schema: { '...': 'any' } }]);
    const { body } = await rest.ask('GET /API/ObtenerTodosLosFormularios');
    expect((JSON.parse(body) as { id: string }[]).map(({ id }) => id)).to.deep.equal(ids);
  });

  it('gives a page, with a link to the next one as long as there is one', async () => {
    await put({ id: 'a' }, { id: 'b b' }, { id: 'c' });
    const first = await rest.ask('GET /API/ObtenerTodosLosFormularios?limite=2');
    expect(first.body).to.equal('[{"id":"a"},{"id":"b b"}]');
    const [, next] = /^<(.+)>; rel="next"$/.exec(first.headers['link'] as string)!;
    expect(next).to.equal('/API/ObtenerTodosLosFormularios?limite=2&desde=b+b');
    const second = await rest.ask(`GET ${next}`);
    expect([second.body, second.headers['link']]).to.deep.equal(['[{"id":"c"}]', undefined]);
    expect(await replies('GET /API/ObtenerTodosLosFormularios?desde=a')).to.deep.equal([
      200,
      '[{"id":"b b"},{"id":"c"}]',
    ]);
  });

  it('gives the forms with exactly a genero', async () => {
    await put(ANA, { id: '2', genero: 'Masculino' }, { id: '3' });
    expect(await replies('GET /API/ObtenerGeneros/Femenino')).to.deep.equal([200, JSON.stringify([ANA])]);
    expect(await replies('GET /API/ObtenerGeneros/femenino')).to.deep.equal([200, '[]']);
    expect(rest.replica.asked.at(-1)!.operation).to.deep.include({ genero: 'femenino' });
    expect(await replies('GET /API/ObtenerGeneros/No%20binario%2F%C3%B1')).to.deep.equal([200, '[]']);
  });

  it('keeps forms in an open collection that is indexed by genero', async () => {
    await put(ANA);
    expect(answerOf(rest.replica.machine.read(['describe']))).to.deep.equal([
      'ok',
      { formularios: { schema: { '*genero': 'str', '...': 'any' }, documents: 1 } },
    ]);
  });

  it('takes an id of 64 characters, and of any characters', async () => {
    for (const id of ['x'.repeat(64), '\u{1F600}'.repeat(64), 'a/b?c#d', '../..', ' ', '__proto__']) {
      expect(await replies(POST, { id }), id).to.deep.equal([201, TAKEN]);
      const found = await replies(`GET /API/ObtenerUnFormulario/${encodeURIComponent(id)}`);
      expect(found, id).to.deep.equal([200, JSON.stringify({ id })]);
    }
  });

  it('takes a form once', async () => {
    await put(ANA);
    expect(await replies(POST, ANA)).to.deep.equal([409, THERE]);
    expect(await replies(POST, { id: ANA.id })).to.deep.equal([409, THERE]);
    expect(await replies(`GET /API/ObtenerUnFormulario/${ANA.id}`)).to.deep.equal([200, JSON.stringify(ANA)]);
  });

  it('takes exactly one of many forms with one id at once', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, (_, n) => rest.ask(POST, { id: 'x', n })));
    expect(all.map(({ status }) => status).sort()).to.deep.equal([201, ...Array<number>(19).fill(409)]);
    const won = all.findIndex(({ status }) => status === 201);
    expect(await replies('GET /API/ObtenerUnFormulario/x')).to.deep.equal([200, JSON.stringify({ id: 'x', n: won })]);
  });

  it('keeps any name of an attribute', async () => {
    const form = '{"id":"1","__proto__":{"genero":"x"},"constructor":1,"toString":null}';
    expect(await replies(POST, form)).to.deep.equal([201, TAKEN]);
    expect(await replies('GET /API/ObtenerUnFormulario/1')).to.deep.equal([200, form]);
    expect(await replies('GET /API/ObtenerGeneros/x')).to.deep.equal([200, '[]']);
  });

  const refused: [name: string, body: unknown, status: number, message: string][] = [
    ['what is no JSON', '{"id":', 400, 'El cuerpo de la petición no es JSON válido.'],
    ['an empty body', '', 400, 'El cuerpo de la petición no es JSON válido.'],
    [
      'JSON that is too deep',
      `{"id":"1","a":${'['.repeat(100)}${']'.repeat(100)}}`,
      400,
      'El cuerpo de la petición no es JSON válido.',
    ],
    [
      'what the log cannot hold',
      `{"id":"1","a":${'['.repeat(63)}${']'.repeat(63)}}`,
      400,
      'El formulario no se puede guardar.',
    ],
    ['half a character', '{"id":"\\ud800"}', 400, 'El formulario no se puede guardar.'],
    ['a list', [], 400, 'Se espera un formulario: un objeto JSON.'],
    ['null', 'null', 400, 'Se espera un formulario: un objeto JSON.'],
    ['no id', { nombres: 'Ana' }, 400, 'Falta el atributo id.'],
    ['an id that is a number', { id: 7 }, 400, 'El atributo id debe ser un texto.'],
    ['an empty id', { id: '' }, 400, 'El id debe tener de 1 a 64 caracteres.'],
    ['an id of 65 characters', { id: 'x'.repeat(65) }, 400, 'El id debe tener de 1 a 64 caracteres.'],
    ['nombres that is no text', { id: '1', nombres: 1 }, 400, 'El atributo nombres debe ser un texto.'],
    ['apellidos that is no text', { id: '1', apellidos: null }, 400, 'El atributo apellidos debe ser un texto.'],
    ['genero that is no text', { id: '1', genero: ['x'] }, 400, 'El atributo genero debe ser un texto.'],
    ['a name of ours', { id: '1', _id: '2' }, 400, 'El atributo _id está reservado.'],
    ['more than 1 MiB', { id: '1', a: 'x'.repeat(1024 * 1024) }, 413, 'La petición es demasiado grande.'],
  ];
  for (const [name, body, status, message] of refused) {
    it(`refuses ${name}`, async () => {
      expect(await replies(POST, body)).to.deep.equal([status, fails(message)]);
      expect(rest.replica.asked).to.deep.equal([]);
    });
  }

  const misled: [what: string, status: number, message: string][] = [
    ['GET /', 404, 'La ruta o el método no existe.'],
    ['GET /API/IngresarFormulario', 404, 'La ruta o el método no existe.'],
    ['DELETE /API/ObtenerUnFormulario/1', 404, 'La ruta o el método no existe.'],
    ['GET /API/VerificaFormularioDuplicado/', 400, 'El id debe tener de 1 a 64 caracteres.'],
    [`GET /API/ObetenerUnFormulario/${'x'.repeat(65)}`, 400, 'El id debe tener de 1 a 64 caracteres.'],
    ['GET /API/ObtenerUnFormulario/%ff', 400, 'La petición HTTP no es válida.'],
    ['GET /API/ObtenerTodosLosFormularios?limite=0', 400, 'El parámetro limite debe ser un número entero de 1 a 1000.'],
    [
      'GET /API/ObtenerTodosLosFormularios?limite=1001',
      400,
      'El parámetro limite debe ser un número entero de 1 a 1000.',
    ],
    ['GET /API/ObtenerGeneros/x?limite=1&limite=2', 400, 'El parámetro limite debe ser un número entero de 1 a 1000.'],
  ];
  for (const [what, status, message] of misled) {
    it(`refuses ${what.slice(0, 60)}`, async () => {
      expect(await replies(what)).to.deep.equal([status, fails(message)]);
    });
  }

  it('takes JSON alone', async () => {
    const { status, body } = await rest.ask(POST, 'id=1', { 'content-type': 'application/x-www-form-urlencoded' });
    expect([status, body]).to.deep.equal([415, fails('Se espera un cuerpo de tipo application/json.')]);
  });

  const unserved: [answer: Exclude<Answer, { kind: 'reply' }>, message: string][] = [
    [{ kind: 'not-leader', leader: undefined }, 'No hay un nodo líder en este momento, intente de nuevo.'],
    [{ kind: 'refused', reason: 'full' }, 'El nodo no puede responder en este momento, intente de nuevo.'],
    [{ kind: 'refused', reason: 'few', wanted: 3 }, 'El registro no se ha replicado en 3 nodos.'],
    [
      { kind: 'unknown', reason: 'late', leader: undefined },
      'No se sabe si el registro fue ingresado, intente de nuevo con la misma cabecera Idempotency-Key.',
    ],
  ];
  for (const [answer, message] of unserved) {
    it(`says when to try again: ${JSON.stringify(answer)}`, async () => {
      rest.replica.answers.push(answer);
      const { status, body, headers } = await rest.ask(POST, ANA);
      expect([status, body, headers['retry-after']]).to.deep.equal([503, fails(message), '1']);
    });
  }

  it('serves no reads while the replica has none to give', async () => {
    for (const path of [
      'VerificaFormularioDuplicado/1',
      'ObetenerUnFormulario/1',
      'ObtenerTodosLosFormularios/*',
      'ObtenerGeneros/x',
    ]) {
      rest.replica.answers.push({ kind: 'not-leader', leader: undefined });
      expect(await replies(`GET /API/${path}`), path).to.deep.equal([503, NO_LEADER]);
    }
  });

  it('says that a form is in fewer replicas than wanted, when one was lost on its way', async () => {
    const wanting = new RestReplica(3);
    wanting.replica.members = ['a:1', 'b:1'];
    const { status, body } = await wanting.ask(POST, ANA);
    expect([status, body]).to.deep.equal([503, fails('El registro no se ha replicado en 3 nodos.')]);
    await wanting.close();
  });

  describe('with an Idempotency-Key', () => {
    const ask = async (form: object, key: string): Promise<number> =>
      (await rest.ask(POST, form, { 'idempotency-key': key })).status;

    it('answers a retried form as the first time', async () => {
      expect([await ask(ANA, 'k'), await ask(ANA, 'k'), await ask(ANA, 'other')]).to.deep.equal([201, 201, 409]);
      expect([await ask(ANA, 'other'), await ask(ANA, 'k')]).to.deep.equal([409, 201]);
    });

    it('never gives one form the reply of another', async () => {
      expect([await ask({ id: '1' }, 'k'), await ask({ id: '2' }, 'k')]).to.deep.equal([201, 201]);
      expect([await ask({ id: '1', more: 1 }, 'k'), await ask({ id: '1' }, 'k')]).to.deep.equal([409, 201]);
    });

    it('refuses one that is empty or too long', async () => {
      const { status, body } = await rest.ask(POST, ANA, { 'idempotency-key': 'x'.repeat(256) });
      expect([status, body]).to.deep.equal([
        400,
        fails('La cabecera Idempotency-Key debe tener de 1 a 255 caracteres.'),
      ]);
    });
  });

  it('describes its routes, and shows them on a page that loads nothing from elsewhere', async () => {
    const { paths } = JSON.parse((await rest.ask('GET /openapi.json')).body) as { paths: object };
    expect(Object.keys(paths)).to.include.members(['/API/IngresarFormulario', '/API/ObetenerUnFormulario/{id}']);
    const page = await rest.ask('GET /docs/');
    expect(page.headers['content-security-policy']).to.include("default-src 'self'");
    expect(page.body).not.to.match(/(src|href)="(https?:)?\/\//);
  });
});
