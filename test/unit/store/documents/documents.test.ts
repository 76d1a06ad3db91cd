/** The documents: each operation, each refusal's sentence, requests with an identity, hashes and snapshots. */

import { expect } from 'chai';
import { Documents } from '../../../../store/documents/documents';
import type { Engine, Reader } from '../../../../store/documents/engine';
import { MemoryEngine } from '../../../../store/documents/memory-engine';
import { completeOperation, isWrite, parseRequest } from '../../../../store/documents/operations';
import type { Json, Operation } from '../../../../store/entry';
import type { Reading, Reply } from '../../../../store/state-machine';
import { answerOf } from '../../../support/store/answer';
import { ENGINES, inFolder } from '../../../support/store/engines';
import { LOG_START_US, TestLog } from '../../../support/store/log';

const HOUR_US = 3_600_000_000;
const SCHEMA = { '*email': 'str', name: 'str', '*age': 'int', weight: 'float', member: 'bool' };

class Store {
  readonly log = new TestLog();
  readonly engine: Engine;
  documents: Documents;

  constructor(engine: Engine = new MemoryEngine()) {
    this.engine = engine;
    this.documents = new Documents(engine);
  }

  do(...op: [string, ...Json[]]): Reply {
    return this.documents.apply([this.log.append(op)])[0]!;
  }

  ask(...op: [string, ...Json[]]): Reply {
    return answerOf(this.documents.read(op));
  }
}

function users(engine?: Engine): Store {
  const store = new Store(engine);
  store.do('create', 'users', SCHEMA);
  store.do('insert', 'users', { _id: 'a', email: 'a', name: 'a', age: 18 });
  store.do('insert', 'users', { _id: 'b', email: 'b', name: 'b', age: 18 });
  store.do('insert', 'users', { _id: 'c', email: 'c', age: 40 });
  return store;
}

describe('the documents', () => {
  it("do what the prompt's example does", () => {
    const store = users();
    expect(store.ask('search', 'users', { _id: 'a' })).to.deep.equal([
      'ok',
      [{ _id: 'a', email: 'a', name: 'a', age: 18 }],
    ]);
    expect(store.ask('search', 'users', { age: { '>': 10, '<': 20 } })[1]).to.have.length(2);
    expect(store.do('update', 'users', { _id: 'a' }, { email: 'c', age: 19 })).to.deep.equal(['ok', 1]);
    expect(store.ask('search', 'users', { email: 'c', age: 19 })).to.have.nested.property('1.0._id', 'a');
    expect(store.ask('search', 'users', { email: 'a' })).to.deep.equal(['ok', []]);
    expect(store.ask('describe')).to.deep.equal(['ok', { users: { schema: SCHEMA, documents: 3 } }]);
    expect(store.do('delete', 'users', { age: { '<=': 19 } })).to.deep.equal(['ok', 2]);
    expect(store.do('destroy', 'users')).to.deep.equal(['ok', null]);
    expect(store.ask('describe')).to.deep.equal(['ok', {}]);
  });

  for (const [name, open] of ENGINES) {
    it(`are looked through in pieces, as they were when the search began, on the ${name} engine`, () =>
      inFolder(async (folder) => {
        const engine = open(folder);
        const store = users(engine);
        for (let i = 0; i < 2500; i++) store.do('insert', 'users', { _id: `n${i}`, email: 'many', name: 'n' });
        store.do('insert', 'users', { _id: 'z', email: 'z', name: 'b' });
        const reading = store.documents.read(['search', 'users', { name: 'b' }]) as Reading;
        expect(reading.next()).to.equal(undefined);
        store.do('delete', 'users', { name: 'b' });
        await engine.flush();
        expect(reading.next()).to.equal(undefined);
        expect(reading.next()).to.have.nested.property('[1].length', 2);
        const givenUp = store.documents.read(['search', 'users', { name: 'b' }]) as Reading;
        givenUp.next();
        givenUp.close();
        const tooMuch = store.documents.read(['search', 'users', { name: 'n' }, { bytes: 50_000 }]);
        expect(answerOf(tooMuch)[1]).to.include('ask for pages');
        expect(store.ask('search', 'users', { name: 'b' })).to.deep.equal(['ok', []]);
        await engine.close();
      }));
  }

  it('give the identity first, whatever stood before it, and pages by it', () => {
    const store = users();
    store.do('insert', 'users', { name: 'z', _id: 'aa' });
    const ids = (page: Json) => (store.ask('search', 'users', {}, page)[1] as { _id: string }[]).map(({ _id }) => _id);
    expect(ids({})).to.deep.equal(['a', 'aa', 'b', 'c']);
    expect(ids({ limit: 2 })).to.deep.equal(['a', 'aa']);
    expect(ids({ after: 'aa', limit: 1 })).to.deep.equal(['b']);
    expect(ids({ after: 'c' })).to.deep.equal([]);
    expect(ids({ limit: 0 })).to.deep.equal([]);
    const adults = (page: Json) =>
      (store.ask('search', 'users', { age: { '>': 17 } }, page)[1] as { _id: string }[]).map(({ _id }) => _id);
    expect(adults({ after: 'a' })).to.deep.equal(['b', 'c']);
    expect(adults({ after: 'b', limit: 3 })).to.deep.equal(['c']);
    expect(Object.keys((store.ask('search', 'users', { _id: 'aa' })[1] as object[])[0]!)).to.deep.equal([
      '_id',
      'name',
    ]);
  });

  it('take the same document twice, and no other under its identity', () => {
    const store = users();
    const before = store.documents.hash();
    expect(store.do('insert', 'users', { age: 18, email: 'a', name: 'a', _id: 'a' })).to.deep.equal(['ok', 'a']);
    expect(store.documents.hash()).to.equal(before);
    expect(store.do('insert', 'users', { _id: 'a', age: 18 })).to.deep.equal([
      'ko',
      'there is another document "a" in "users"',
    ]);
  });

  it("put what was there or not, with the log's time where it is wanted", () => {
    const store = new Store();
    const schema = { value: 'str', timestamp: 'float' };
    const put = (id: string, value: string, more: { [name: string]: Json } = {}) =>
      store.do('put', 'kv', { _id: id, value }, { stamp: 'timestamp', schema, ...more });
    const [, first] = put('k', 'v1');
    expect(first).to.deep.equal({ stored: true, time: LOG_START_US / 1e6 });
    const [, second] = put('k', 'v2');
    expect(second).to.deep.equal({ stored: true, time: (LOG_START_US + 1) / 1e6 });
    expect(put('k', 'v3', { absent: true })[1]).to.have.property('stored', false);
    expect(put('l', 'v3', { absent: true })[1]).to.have.property('stored', true);
    const kept = { _id: 'k', value: 'v2', timestamp: (LOG_START_US + 1) / 1e6 };
    expect(store.ask('search', 'kv', { _id: 'k' })).to.deep.equal(['ok', [kept]]);
    expect(store.do('put', 'none', { _id: 'k' }, {})).to.deep.equal(['ko', 'there is no collection "none"']);
  });

  it('hold any JSON in an open collection, and compare it', () => {
    const store = new Store();
    store.do('create', 'forms', { '*genero': 'str', '...': 'any' });
    const form = JSON.parse('{"_id":"1","genero":"F","padre":{"__proto__":1,"n":[1,{"a":null}]},"constructor":2}');
    store.do('insert', 'forms', form);
    expect(JSON.stringify(store.ask('search', 'forms', { genero: 'F' })[1])).to.equal(JSON.stringify([form]));
    const found = (query: Json) => (store.ask('search', 'forms', query)[1] as Json[]).length;
    expect(found({ padre: { '=': JSON.parse('{"n":[1,{"a":null}],"__proto__":1}') } })).to.equal(1);
    expect(found({ padre: { '!=': 1 } })).to.equal(1);
    expect(found({ padre: { '<': 1 } })).to.equal(0);
    expect(found({ constructor: 2 })).to.equal(1);
    expect(found({ toString: { '!=': 2 } })).to.equal(0);
    expect(store.do('insert', 'forms', { _id: '2', genero: 3 })[0]).to.equal('ko');
  });

  it("leave the core's own entry alone, and keep clients from it", () => {
    const store = users();
    const before = store.documents.hash();
    expect(store.do('lead', 'member')).to.deep.equal(['ok', null]);
    expect(store.documents.hash()).to.equal(before);
    expect(() => parseRequest(['lead', 'member'])).to.throw('there is no operation "lead"');
  });

  const refusals: [op: [string, ...Json[]], reason: string | RegExp][] = [
    [['insert', 'none', {}], /^there is no collection "none"$/],
    [['insert', 'users', {}], /^the document has no "_id"$/],
    [['insert', 'users', { _id: 7 }], /^"_id" is a text of at most 512 bytes$/],
    [['insert', 'users', { _id: 'x'.repeat(513) }], /^"_id" is a text of at most 512 bytes$/],
    [['insert', 'users', { _id: 'x', color: 1 }], /^there is no attribute "color"$/],
    [['insert', 'users', { _id: 'x', age: '18' }], /^"age" is an integer of at most 53 bits \(int\), not "18"$/],
    [['insert', 'users', { _id: 'x', age: 1.5 }], /^"age" is an integer of at most 53 bits \(int\), not "1.5"$/],
    [['insert', 'users', { _id: 'x', age: 2 ** 53 }], /^"age" is an integer/],
    [['insert', 'users', { _id: 'x', name: null }], /^"name" is a text \(str\), not "null"$/],
    [['insert', 'users', { _id: 'x', weight: [] }], /^"weight" is a number \(float\), not a list$/],
    [['insert', 'users', { _id: 'x', member: {} }], /^"member" is true or false \(bool\), not an object$/],
    [
      ['insert', 'users', { _id: 'x', name: 'x'.repeat(2 ** 21) }],
      /^the document "x" would have more than 2097152 bytes of JSON$/,
    ],
    [['insert', 'users'], /^"insert" wants a collection's name and a document, not 1 argument$/],
    [['insert', 'users', {}, {}], /^"insert" wants a collection's name and a document, not 3 arguments$/],
    [['insert', 'users', []], /^a document is an object$/],
    [['insert', 7, {}], /^the name of a collection is a text$/],
    [['insert', 'users', { name: '\ud800' }], /^a text has half of a surrogate pair, which is no character$/],
    [['insert', 'users', { '\udfff': 1 }], /^a text has half of a surrogate pair/],
    [['create', 'users', {}], /^there is a collection "users" already$/],
    [['create', '', {}], /^the name of a collection has 1 to 128 bytes$/],
    [['create', 'a\nb', {}], /^the name of a collection has no control characters$/],
    [['create', 'x', { a: 'text' }], /^the type of "a" is one of str, int, float and bool$/],
    [['create', 'x', { a: 'str', '*a': 'str' }], /^the schema names "a" twice$/],
    [['create', 'x', { '*_id': 'str' }], /^"_id" is in every document and in no schema$/],
    [['create', 'x', { '...': 'str' }], /^"..." in a schema is of type "any"$/],
    [['create', 'x', { '*': 'str' }], /^the name of an attribute has 1 to 128 bytes$/],
    [
      ['create', 'x', Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`a${i}`, 'str']))],
      /^a schema has at most 256 attributes$/,
    ],
    [['destroy', 'none'], /^there is no collection "none"$/],
    [['update', 'users', {}, { _id: 'x' }], /^"_id" cannot be changed$/],
    [['update', 'users', {}, { age: 'x' }], /^"age" is an integer/],
    [['update', 'users', { age: 18 }, { name: 'x'.repeat(2 ** 21) }], /^the document "a" would have more than/],
    [['delete', 'users', { age: '18' }], /^"age" is an integer/],
    [['delete', 'users', { age: {} }], /^the condition on "age" names no comparison$/],
    [['delete', 'users', { age: { '~': 1 } }], /^the condition on "age" has "~" where = != < <= > or >= is expected$/],
    [
      ['delete', 'users', Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`a${i}`, 1]))],
      /^a query has at most 64 conditions$/,
    ],
    [['search', 'users', {}], /^"search" changes nothing$/],
    [['explode'], /^there is no operation "explode"$/],
    [['put', 'users', {}, {}], /^"_id" is a text/],
    [['put', 'users', { _id: 'a' }, { sometimes: true }], /^there is no option "sometimes"$/],
  ];
  for (const [op, reason] of refusals) {
    it(`refuse ${JSON.stringify(op).slice(0, 70)}, and change nothing`, () => {
      const store = users();
      const [hash, contents] = [store.documents.hash(), contentsOf(store.engine)];
      const [kind, said] = store.do(...op);
      expect(kind).to.equal('ko');
      expect(said).to.match(reason as RegExp);
      expect(store.documents.hash()).to.equal(hash);
      expect(contentsOf(store.engine)).to.deep.equal(contents);
    });
  }

  const questions: [op: [string, ...Json[]], reason: RegExp][] = [
    [['search', 'none', {}], /^there is no collection "none"$/],
    [['search', 'users', { color: 1 }], /^there is no attribute "color"$/],
    [['search', 'users', {}, { limit: -1 }], /^"limit" of a page is an integer from 0 on$/],
    [['search', 'users', {}, { from: 1 }], /^a page has no "from"$/],
    [
      ['search', 'users', {}, { bytes: 100 }],
      /^the documents do not fit a reply of 100 bytes: ask for pages, by "limit" and "after"$/,
    ],
    [
      ['search', 'users', {}, { bytes: 10 }],
      /^the document "a" alone has 43 bytes and the reply room for 10: the export and REST can read it$/,
    ],
    [['describe', 'none'], /^there is no collection "none"$/],
    [['insert', 'users', {}], /^"insert" is for the log$/],
  ];
  for (const [op, reason] of questions) {
    it(`refuse to answer ${JSON.stringify(op)}`, () => {
      const [kind, said] = users().ask(...op);
      expect(kind).to.equal('ko');
      expect(said).to.match(reason);
    });
  }

  it('count the bytes of a result as its JSON has them', () => {
    const store = users();
    store.do('insert', 'users', { _id: 'é', name: 'ü\n' });
    const all = store.ask('search', 'users', {})[1];
    const bytes = Buffer.byteLength(JSON.stringify(all));
    expect(store.ask('search', 'users', {}, { bytes })[0]).to.equal('ok');
    expect(store.ask('search', 'users', {}, { bytes: bytes - 1 })[0]).to.equal('ko');
  });

  it('take a nesting of any depth for what it is, and refuse it', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    const reason = 'lists and objects stand in each other at most 64 deep';
    for (const op of [['insert', 'users', { a: deep }], ['search', 'users', { a: { '=': deep } }], deep] as Json[]) {
      expect(() => parseRequest(op)).to.throw(/at most 64 deep|a request is a list/);
    }
    expect(users().ask('search', 'users', { name: { '=': deep } })).to.deep.equal(['ko', reason]);
    const allowed = JSON.parse(`${'['.repeat(61)}${']'.repeat(61)}`);
    expect(parseRequest(['insert', 'x', { a: allowed }]).op[0]).to.equal('insert');
    expect(() => parseRequest(['insert', 'x', { a: [[allowed]] }])).to.throw(reason);
  });

  it('refuse numbers that no double holds, and operations that no line holds', () => {
    expect(() => parseRequest(JSON.parse('["insert","x",{"a":1e400}]'))).to.throw('a number is too large for a double');
    expect(() => parseRequest(['insert', 'x', { a: 'x'.repeat(3 * 1024 * 1024) }])).to.throw(
      'a request has at most 3145728 bytes',
    );
  });
});

describe('a request', () => {
  it('may end with an identity, which no document is taken for', () => {
    const id = { request: '2dc694b9-ead6-4805-9cfb-14fb00c47f1a' };
    expect(parseRequest(['insert', 'users', { a: 1 }, id])).to.deep.equal({
      op: ['insert', 'users', { a: 1 }],
      request: id.request,
    });
    expect(parseRequest(['insert', 'users', id])).to.deep.equal({ op: ['insert', 'users', id], request: undefined });
    expect(parseRequest(['describe', id])).to.deep.equal({ op: ['describe'], request: id.request });
    expect(() => parseRequest(['describe', { request: '' }])).to.throw('the name of a request has 1 to 128 bytes');
    for (const list of [null, {}, [], [1]] as Json[]) expect(() => parseRequest(list)).to.throw('a request is a list');
  });

  it('to insert gets an identity before it is logged, unless it brings one', () => {
    const op: Operation = ['insert', 'users', { a: 1 }];
    expect(completeOperation(op, () => 'new')).to.deep.equal(['insert', 'users', { _id: 'new', a: 1 }]);
    const own: Operation = ['insert', 'users', { _id: 'own' }];
    expect(completeOperation(own, () => 'new')).to.equal(own);
    expect(['insert', 'search', 'none'].map((name) => isWrite([name]))).to.deep.equal([true, false, false]);
  });

  it('is done once, and answered the same for an hour', () => {
    const store = users();
    const ask = (timeUs: number) => {
      const entry = store.log.append(['delete', 'users', { age: 18 }], 'r', timeUs);
      return store.documents.apply([entry])[0];
    };
    expect(store.documents.firstReply('r')).to.equal(undefined);
    expect(ask(LOG_START_US + 10)).to.deep.equal(['ok', 2]);
    expect(ask(LOG_START_US + 20)).to.deep.equal(['ok', 2]);
    expect(store.documents.firstReply('r')).to.deep.equal(['ok', 2]);
    expect(ask(LOG_START_US + 9 + HOUR_US)).to.deep.equal(['ok', 2]);
    expect(ask(LOG_START_US + 10 + HOUR_US)).to.deep.equal(['ok', 0]);
    expect(store.documents.firstReply('r')).to.deep.equal(['ok', 0]);
  });

  it('is forgotten after an hour, refusals too, some at each entry', () => {
    const store = new Store();
    for (let i = 0; i < 20; i++) store.documents.apply([store.log.append(['destroy', 'x'], `r${i}`, LOG_START_US + i)]);
    const kept = () => [...store.engine.keys('\0', '\xff')].filter((key) => /^.{4}r/s.test(key)).length;
    expect(store.documents.firstReply('r3')).to.deep.equal(['ko', 'there is no collection "x"']);
    expect(kept()).to.equal(20);
    for (const left of [12, 4, 0, 0]) {
      store.documents.apply([store.log.append(['destroy', 'x'], undefined, LOG_START_US + HOUR_US + 100)]);
      expect(kept()).to.equal(left);
      expect(store.documents.firstReply('r19')).to.equal(undefined);
    }
  });
});

for (const [name, open] of ENGINES) {
  describe(`a snapshot of documents in the ${name} engine`, () => {
    const inStores = (work: (from: Store, to: Store) => void | Promise<void>) =>
      inFolder((first) =>
        inFolder(async (second) => {
          const [from, to] = [users(open(first)), users(open(second))];
          try {
            await work(from, to);
          } finally {
            await from.engine.close();
            await to.engine.close();
          }
        }),
      );

    it('is the state as it was, and makes the same one elsewhere', () =>
      inStores((from, to) => {
        from.do('create', 'open', { '...': 'any', '*x': 'float' });
        for (let i = 0; i < 50; i++) from.do('insert', 'open', { _id: `${i}`, x: i / 3, y: [i, null] });
        from.documents.apply([from.log.append(['delete', 'users', { age: 40 }], 'r')]);
        const snapshot = from.documents.snapshot();
        const [hash, position] = [from.documents.hash(), from.documents.applied];
        from.do('destroy', 'users');
        from.do('update', 'open', {}, { x: 7 });
        expect([snapshot.hash, snapshot.position]).to.deep.equal([hash, position]);
        const restore = to.documents.restore(snapshot.position);
        let pieces = 0;
        for (let lines = snapshot.next(200); lines; lines = snapshot.next(200)) {
          expect(lines.join('').length).to.be.lessThan(300);
          pieces++;
          restore.add(lines);
          expect(to.documents.applied.index).to.equal(0);
          expect(to.ask('describe')).to.deep.equal(['ok', {}]);
        }
        snapshot.close();
        expect(pieces).to.be.greaterThan(10);
        restore.finish(hash);
        expect([to.documents.hash(), to.documents.applied]).to.deep.equal([hash, position]);
        expect(to.ask('search', 'open', { x: { '>': 16 } })[1]).to.deep.equal([
          { _id: '49', x: 49 / 3, y: [49, null] },
        ]);
        expect(to.documents.firstReply('r')).to.deep.equal(['ok', 1]);
        const again = new Documents(to.engine);
        expect([again.hash(), again.applied]).to.deep.equal([hash, position]);
      }));

    it('is not taken when a line of it is another, nor when it is not finished', () =>
      inStores((from, to) => {
        const snapshot = from.documents.snapshot();
        const lines = snapshot.next(1e6)!;
        const restore = to.documents.restore(snapshot.position);
        restore.add(lines.map((line) => line.replace('"age":40', '"age":41')));
        expect(() => restore.finish(snapshot.hash)).to.throw(/^the state restored from a snapshot has the hash/);
        expect(to.documents.applied.index).to.equal(0);
        expect(to.ask('describe')).to.deep.equal(['ok', {}]);
        const stopped = to.documents.restore(snapshot.position);
        stopped.add(lines);
        const opened = new Store(to.engine);
        expect([opened.documents.applied.index, opened.ask('describe')]).to.deep.equal([0, ['ok', {}]]);
        for (let i = 0; i < 20; i++) opened.do('lead');
        expect(contentsOf(to.engine).filter(([key]) => !key.startsWith('\0\0\0\0'))).to.deep.equal([]);
        snapshot.close();
        expect(() => opened.documents.restore(snapshot.position).add(['["other"]'])).to.throw('a snapshot has no line');
      }));
  });
}

describe('a state', () => {
  it('has the same hash whichever way it was come by, and another for another', () => {
    const [one, other] = [users(), users()];
    one.do('insert', 'users', { _id: 'x', age: 1 });
    one.do('delete', 'users', { _id: 'x' });
    one.do('create', 'more', {});
    one.do('destroy', 'more');
    expect(one.documents.hash()).to.equal(other.documents.hash());
    const changes: [string, ...Json[]][] = [
      ['update', 'users', { _id: 'a' }, { name: 'other' }],
      ['delete', 'users', { _id: 'a' }],
      ['create', 'empty', {}],
      ['destroy', 'users'],
    ];
    for (const change of changes) {
      const changed = users();
      changed.do(...change);
      expect(changed.documents.hash()).to.not.equal(other.documents.hash());
    }
    const asked = users();
    asked.documents.apply([asked.log.append(['lead'], 'r')]);
    expect(asked.documents.hash()).to.not.equal(other.documents.hash());
  });

  it('is swept of a large collection that was destroyed, little by little', () => {
    const store = new Store();
    store.do('create', 'many', { '*n': 'int' });
    store.documents.apply(
      Array.from({ length: 1500 }, (_, i) => store.log.append(['insert', 'many', { _id: `${i}`, n: i }])),
    );
    store.do('destroy', 'many');
    store.do('create', 'many', { '*n': 'int' });
    expect(store.ask('search', 'many', {})).to.deep.equal(['ok', []]);
    const keys = () => [...store.engine.keys('\0', '\xff')].filter((key) => !key.startsWith('\0\0\0\0')).length;
    const left = keys();
    expect(left).to.be.greaterThan(0);
    store.documents = new Documents(store.engine);
    for (let i = 0; i < 3; i++) store.do('lead');
    expect(keys()).to.equal(0);
    expect(store.do('insert', 'many', { _id: 'x', n: 1 })).to.deep.equal(['ok', 'x']);
    expect(store.ask('search', 'many', { n: 1 })[1]).to.have.length(1);
  });

  it('refuses an entry out of its turn', () => {
    const store = users();
    const entry = store.log.append(['lead']);
    store.documents.apply([entry]);
    expect(() => store.documents.apply([entry])).to.throw('an entry is applied out of its turn');
  });
});

/** All but the position, which every entry moves. */
function contentsOf(reader: Reader): (readonly [string, string])[] {
  return [...reader.range('\0', '\xff')].filter(([key]) => key !== '\0\0\0\0head');
}
