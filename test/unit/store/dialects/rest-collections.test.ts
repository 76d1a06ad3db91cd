/** Collections and probes over HTTP (forms specification, section 1): the document protocol's rules, one route each. */

import { expect } from 'chai';
import { promtoolSays } from '../../../support/promtool';
import { RestReplica } from '../../../support/store/rest';

describe('collections over HTTP', () => {
  let rest: RestReplica;
  beforeEach(async () => {
    rest = new RestReplica();
    rest.replica.members = ['a:1'];
    await rest.ask('PUT /collections/users', { '*email': 'str', '*age': 'int' });
    for (const age of [18, 30, 41])
      await rest.ask('POST /collections/users', { _id: `${age}`, email: `${age}@x`, age });
  });
  afterEach(() => rest.close());
  const replies = async (what: string, body?: unknown): Promise<[number, unknown]> => {
    const { status, body: said } = await rest.ask(what, body);
    return [status, JSON.parse(said)];
  };
  const fails = (message: string): object => ({ status: 'error', message });
  const ids = async (query: string): Promise<string[]> => {
    const [, found] = await replies(`GET /collections/users${query}`);
    return (found as { _id: string }[]).map(({ _id }) => _id);
  };

  it('are made, described and removed', async () => {
    expect(await replies('PUT /collections/others', { a: 'int' })).to.deep.equal([201, { status: 'ok' }]);
    expect(await replies('GET /collections')).to.deep.equal([
      200,
      {
        others: { schema: { a: 'int' }, documents: 0 },
        users: { schema: { '*email': 'str', '*age': 'int' }, documents: 3 },
      },
    ]);
    expect(await replies('DELETE /collections/others')).to.deep.equal([200, { status: 'ok' }]);
    expect(await replies('GET /collections/others')).to.deep.equal([400, fails('there is no collection "others"')]);
  });

  it('take documents, change and remove them', async () => {
    const [status, inserted] = await replies('POST /collections/users', { email: 'b', age: 7 });
    const { _id } = inserted as { _id: string };
    expect([status, _id]).to.deep.equal([201, (inserted as { _id: string })._id]);
    expect(_id).to.match(/^[0-9a-f-]{36}$/);
    expect(await replies(`PUT /collections/users/${_id}`, { age: 8 })).to.deep.equal([200, { status: 'ok' }]);
    expect(await replies(`GET /collections/users/${_id}`)).to.deep.equal([200, { _id, email: 'b', age: 8 }]);
    expect(await replies(`DELETE /collections/users/${_id}`)).to.deep.equal([200, { status: 'ok' }]);
    const none = [404, fails('there is no document of this _id')];
    expect(await replies(`GET /collections/users/${_id}`)).to.deep.equal(none);
    expect(await replies(`PUT /collections/users/${_id}`, { age: 9 })).to.deep.equal(none);
    expect(await replies(`DELETE /collections/users/${_id}`)).to.deep.equal(none);
  });

  it('are searched by conditions, all of which hold', async () => {
    expect(await ids('')).to.deep.equal(['18', '30', '41']);
    expect(await ids('?q=age%3E18')).to.deep.equal(['30', '41']);
    expect(await ids('?q=age>=18&q=age<41')).to.deep.equal(['18', '30']);
    expect(await ids('?q=age!=30')).to.deep.equal(['18', '41']);
    expect(await ids('?q=email=41@x&q=_id=41')).to.deep.equal(['41']);
  });

  it('are read a page at a time', async () => {
    const { headers } = await rest.ask('GET /collections/users?q=age>0&limit=2');
    expect(headers['link']).to.equal('</collections/users?q=age%3E0&limit=2&after=30>; rel="next"');
    expect(await ids('?q=age%3E0&limit=2&after=30')).to.deep.equal(['41']);
  });

  it('keep all conditions in the link to the next page', async () => {
    const { headers } = await rest.ask('GET /collections/users?q=age>0&q=age<99&limit=2');
    expect(headers['link']).to.equal('</collections/users?q=age%3E0&q=age%3C99&limit=2&after=30>; rel="next"');
  });

  it('say in one sentence what is wrong', async () => {
    const wrong: [string, unknown, string][] = [
      ['GET /collections/users?q=age', undefined, 'a condition is an attribute, one of = != < <= > >=, and a value'],
      ['GET /collections/users?q=age>1&q=age>2', undefined, 'the condition age> is given twice'],
      ['GET /collections/users?q=age>x', undefined, '"age" is an integer of at most 53 bits (int), not "x"'],
      ['POST /collections/users', { age: 'x' }, '"age" is an integer of at most 53 bits (int), not "x"'],
      ['PUT /collections/users', { a: 'int' }, 'there is a collection "users" already'],
      ['PUT /collections/new', { a: 'date' }, 'the type of "a" is one of str, int, float and bool'],
    ];
    for (const [what, body, message] of wrong) {
      const [status, said] = await replies(what, body);
      expect([status, (said as { message: string }).message], what).to.deep.equal([400, message]);
    }
  });

  it('insert once under one Idempotency-Key', async () => {
    const insert = async (): Promise<string> =>
      (await rest.ask('POST /collections/users', { age: 1 }, { 'idempotency-key': 'k' })).body;
    expect(await insert()).to.equal(await insert());
    expect(await ids('?q=age=1')).to.have.length(1);
  });

  it('say in the protocol’s words that nobody leads', async () => {
    rest.replica.answers.push({ kind: 'not-leader', leader: undefined });
    const { status, body, headers } = await rest.ask('POST /collections/users', {});
    expect([status, JSON.parse(body), headers['retry-after']]).to.deep.equal([
      503,
      fails('not the leader: who leads is being decided'),
      '1',
    ]);
  });
});

describe('how a replica is, over HTTP', () => {
  let rest: RestReplica;
  beforeEach(() => {
    rest = new RestReplica();
  });
  afterEach(() => rest.close());

  it('lives', async () => {
    const { status, body } = await rest.ask('GET /healthz');
    expect([status, body]).to.deep.equal([200, '{"status":"ok"}']);
  });

  it('is ready while somebody leads', async () => {
    const { status, body } = await rest.ask('GET /readyz');
    expect([status, body]).to.deep.equal([503, '{"status":"error","message":"nobody leads"}']);
    rest.replica.members = ['a:1'];
    expect((await rest.ask('GET /readyz')).status).to.equal(200);
  });

  it('says what the document protocol says', async () => {
    rest.replica.members = ['a:1', 'b:1'];
    expect(JSON.parse((await rest.ask('GET /status')).body)).to.deep.equal(rest.replica.status());
  });

  it('is measured, requests by their routes', async () => {
    rest.replica.members = ['a:1', 'b:1'];
    await rest.ask('GET /API/VerificaFormularioDuplicado/1');
    await rest.ask('GET /nowhere');
    const { body, headers } = await rest.ask('GET /metrics');
    expect(headers['content-type']).to.match(/^text\/plain; version=0\.0\.4/);
    expect(body).to.match(/^store_in_sync_replicas 2$/m);
    expect(body).to.include(
      'http_request_duration_seconds_count{method="GET",route="/API/VerificaFormularioDuplicado/:id",status="200"} 1',
    );
    expect(body).to.include('http_request_duration_seconds_count{method="GET",route="none",status="404"} 1');
  });

  it('is measured by the conventions of Prometheus, says promtool', async function () {
    rest.replica.members = ['a:1', 'b:1'];
    const said = promtoolSays(['metrics'], (await rest.ask('GET /metrics')).body);
    if (said === undefined) this.skip();
    expect(said).to.equal('');
  });
});
