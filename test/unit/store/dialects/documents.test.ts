import { expect } from 'chai';
import { DOCUMENT_FRAMES } from '../../../../shared/wire/documents';
import { encodeFrame } from '../../../../shared/wire/frame';
import { encodeJson, type Json } from '../../../../shared/wire/json';
import { DocumentsConnection } from '../../../../store/dialects/documents';
import { hex, latin1, toHex } from '../../../support/bytes';
import { FakeConnection } from '../../../support/store/fake-connection';
import { MemoryReplica } from '../../../support/store/memory-replica';

const UUID = '11111111-2222-3333-4444-555555555555';

function frameOf(value: Json): Uint8Array {
  return encodeFrame(encodeJson(value), DOCUMENT_FRAMES);
}

/** All that was promised has happened. */
const settled = (): Promise<void> => new Promise((done) => setImmediate(done));

describe('the document dialect', () => {
  let replica: MemoryReplica;
  let connection: FakeConnection;
  let client: DocumentsConnection;
  let greeting: { greeting: readonly Json[]; rest: string } | undefined;
  beforeEach(() => {
    replica = new MemoryReplica();
    connection = new FakeConnection();
    greeting = undefined;
    client = new DocumentsConnection(connection, {
      replica,
      newId: () => 'drawn',
      greeted: (words, rest) => void (greeting = { greeting: words, rest: toHex(rest) }),
    });
  });

  const ask = async (...requests: Json[]): Promise<unknown[]> => {
    client.received(Buffer.concat(requests.map(frameOf)));
    await settled();
    return connection.replies();
  };

  it('turns requests into operations, and answers into replies', async () => {
    expect(
      await ask(['create', 'c', { a: 'str' }], ['insert', 'c', { a: 'x' }], ['search', 'c', {}], ['describe']),
    ).to.deep.equal([
      ['ok', null],
      ['ok', 'drawn'],
      ['ok', [{ _id: 'drawn', a: 'x' }]],
      ['ok', { c: { schema: { a: 'str' }, documents: 1 } }],
    ]);
    expect(replica.asked.map(({ operation }) => operation)).to.deep.equal([
      ['create', 'c', { a: 'str' }],
      ['insert', 'c', { _id: 'drawn', a: 'x' }],
      ['search', 'c', {}, { bytes: 65_528 }],
      ['describe'],
    ]);
    expect(await ask(['status'])).to.have.nested.property('[0][1].role', 'leader');
    expect(connection.state).to.equal('open');
  });

  it('leaves an _id that a document brings', async () => {
    expect(await ask(['create', 'c', {}], ['insert', 'c', { _id: 'own' }])).to.deep.equal([
      ['ok', null],
      ['ok', 'own'],
    ]);
  });

  it('takes the identity of a request from behind its arguments alone', async () => {
    await ask(
      ['create', 'c', { request: 'str' }, { request: UUID }],
      ['insert', 'c', { request: UUID }],
      ['describe', { request: UUID }],
      ['search', 'c', { request: UUID }],
    );
    expect(replica.asked).to.deep.equal([
      { operation: ['create', 'c', { request: 'str' }], request: UUID },
      { operation: ['insert', 'c', { _id: 'drawn', request: UUID }], request: undefined },
      { operation: ['describe'], request: undefined, atLeast: 0 },
      { operation: ['search', 'c', { request: UUID }, { bytes: 65_528 }], request: undefined, atLeast: 0 },
    ]);
  });

  it('reads a page', async () => {
    await ask(['create', 'c', {}], ['search', 'c', {}, { limit: 2, after: 'a', atLeast: 7 }]);
    expect(replica.asked[1]).to.deep.equal({
      operation: ['search', 'c', {}, { limit: 2, after: 'a', bytes: 65_528 }],
      request: undefined,
      atLeast: 7,
    });
  });

  const wrong: [request: Json[], reason: string][] = [
    [['create', 'c'], '"create" wants a collection\'s name and a schema, not 1 argument'],
    [['describe', 'c', 'd'], '"describe" wants a collection\'s name or nothing, not 2 arguments'],
    [['search', 'c', {}, 5], 'a page is an object'],
    [['search', 'c', {}, { atLeast: -1 }], '"atLeast" of a page is an integer from 0 on'],
    [['insert', 'c', {}], 'there is no collection "c"'],
  ];
  for (const [request, reason] of wrong) {
    it(`says what is wrong with ${JSON.stringify(request)}, and serves the next`, async () => {
      expect(await ask(request, ['describe'])).to.deep.equal([
        ['ko', reason],
        ['ok', {}],
      ]);
    });
  }

  const noRequests: [what: string, bytes: Uint8Array, reason: RegExp][] = [
    ['a length of 0', hex('0000'), /^expected a length from 1 to 65535, got 0/],
    ['JSON that is none', encodeFrame(latin1('[1'), DOCUMENT_FRAMES), /^expected JSON in UTF-8/],
    ['no list', frameOf({ a: 1 }), /^expected a request, a list/],
    ['a list without an operation', frameOf([1]), /^expected one of create, destroy/],
    ['an unknown operation', frameOf(['__proto__']), /^expected one of create, destroy/],
  ];
  for (const [what, bytes, reason] of noRequests) {
    it(`refuses ${what}, and closes`, async () => {
      client.received(Buffer.concat([frameOf(['describe']), bytes, frameOf(['describe'])]));
      await settled();
      const [first, second, ...rest] = connection.replies();
      expect(first).to.deep.equal(['ok', {}]);
      expect(second?.[0]).to.equal('ko');
      expect(second?.[1]).to.match(reason);
      expect(rest).to.deep.equal([]);
      expect(connection.state).to.equal('ended');
    });
  }

  it('words what the replica cannot do', async () => {
    replica.answers.push(
      { kind: 'not-leader', leader: '127.0.0.1:8001' },
      { kind: 'not-leader', leader: undefined },
      { kind: 'refused', reason: 'too few' },
      { kind: 'unknown', reason: 'lost', leader: undefined },
    );
    const write = ['destroy', 'c'];
    expect(await ask(write, write, write, write)).to.deep.equal([
      ['ko', 'not the leader: 127.0.0.1:8001 leads'],
      ['ko', 'not the leader: who leads is being decided'],
      ['ko', 'too few'],
      ['ko', 'it may have been done or not: lost'],
    ]);
  });

  it('says of a reply that fits no frame what to do', async () => {
    await ask(['create', 'c', { text: 'str' }]);
    for (const id of ['a', 'b', 'c']) replica.applied(['insert', 'c', { _id: id, text: 'x'.repeat(30_000) }]);
    expect((await ask(['search', 'c', {}]))[0]).to.match(/^ko,.* do not fit a reply of 65528 bytes: ask for pages/);
    replica.applied(['put', 'c', { _id: 'b', text: 'x'.repeat(70_000) }, {}]);
    expect((await ask(['search', 'c', {}, { limit: 1, after: 'a' }]))[0]).to.match(
      /^ko,the document "b" alone has .*: the export and REST can read it$/,
    );
    for (let i = 0; i < 500; i++) replica.applied(['create', `${i}${'x'.repeat(120)}`, {}]);
    expect((await ask(['describe']))[0]).to.match(
      /^ko,the reply has \d+ bytes, and a frame room for 65535: ask for less/,
    );
  });

  it('sends a reply of exactly 65,535 bytes', async () => {
    await ask(['create', 'c', { text: 'str' }]);
    const around = JSON.stringify(['ok', [{ _id: 'a', text: '' }]]).length;
    replica.applied(['insert', 'c', { _id: 'a', text: 'x'.repeat(65_535 - around) }]);
    expect((await ask(['search', 'c', {}]))[0]).to.have.property('0', 'ok');
    replica.applied(['put', 'c', { _id: 'a', text: 'x'.repeat(65_536 - around) }, {}]);
    expect((await ask(['search', 'c', {}]))[0]).to.have.property('0', 'ko');
  });

  it('serves one request after the other', async () => {
    let open = (): void => {};
    replica.gate = new Promise((done) => (open = done));
    expect(await ask(['create', 'c', {}], ['describe'])).to.deep.equal([]);
    expect(replica.asked).to.have.length(1);
    open();
    await settled();
    expect(connection.replies()).to.have.length(2);
  });

  it('gives a frame 10 s to come whole, from its first byte, and the first one from the beginning', async () => {
    expect(connection.deadlines).to.deep.equal([10_000]);
    const frame = frameOf(['describe']);
    client.received(frame.subarray(0, 1));
    client.received(frame.subarray(1, 5));
    await settled();
    expect(connection.deadlines).to.deep.equal([10_000]);
    client.received(frame.subarray(5));
    await settled();
    expect(connection.deadlines).to.deep.equal([10_000, undefined, 300_000]);
    client.received(frame.subarray(0, 3));
    client.received(frame.subarray(3, 4));
    await settled();
    expect(connection.deadlines.slice(3)).to.deep.equal([10_000]);
  });

  it('asks nothing more of the replica while its replies are not read, and reads no more when too much waits', async () => {
    connection.reads = false;
    await ask(['create', 'c', { text: 'str' }], ['describe']);
    expect(replica.asked).to.have.length(1);
    const big = frameOf(['insert', 'c', { text: 'x'.repeat(60_000) }]);
    for (let i = 0; i < 3; i++) client.received(big);
    expect(connection.isPaused).to.equal(true);
    connection.reads = true;
    connection.pendingBytes = 0;
    client.drained();
    await settled();
    expect(replica.asked).to.have.length(5);
    expect(connection.isPaused).to.equal(false);
  });

  it('answers one that sends no more, and then closes', async () => {
    client.received(frameOf(['describe']));
    client.ended();
    await settled();
    expect(connection.replies()).to.deep.equal([['ok', {}]]);
    expect(connection.state).to.equal('ended');
  });

  it('hands a greeting replica over, with what it sent behind', async () => {
    client.received(Buffer.concat([frameOf(['replica', '1', { id: 'x' }]), hex('00000001 aa')]));
    await settled();
    expect(greeting).to.deep.equal({ greeting: ['replica', '1', { id: 'x' }], rest: '00000001aa' });
    expect(connection.replies()).to.deep.equal([]);
    expect(connection.deadlines).to.deep.equal([10_000, undefined]);
  });

  it('takes no greeting from one that was a client', async () => {
    expect((await ask(['describe'], ['replica', '1']))[1]).to.have.property('0', 'ko');
    expect(greeting).to.equal(undefined);
  });
});
