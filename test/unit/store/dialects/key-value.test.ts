import { expect } from 'chai';
import type { KeyValueMessage } from '../../../../shared/wire/key-value';
import { KeyValueConnection } from '../../../../store/dialects/key-value/connection';
import { answerRequest, type RequestOptions } from '../../../../store/dialects/key-value/requests';
import type { Answer } from '../../../../store/replication/outbox';
import { MemoryReplica } from '../../../support/store/memory-replica';
import { TextConnection } from '../../../support/store/text-connection';

const NOTHING = { value: null, key: null, timestamp: null };
const CLIENT = '10.0.0.7:4711';

describe('the key-value dialect', () => {
  let replica: MemoryReplica;
  let lines: string[];
  let nowMs: number;
  let drawn: number;
  let role: 'leader' | 'follower';
  let options: RequestOptions;
  beforeEach(() => {
    replica = new MemoryReplica();
    lines = [];
    nowMs = 0;
    drawn = 0;
    role = 'leader';
    const status = replica.status.bind(replica);
    replica.status = () => ({ ...status(), role });
    options = {
      replica,
      newId: () => `drawn-${++drawn}`,
      sleep: async (ms) => void (nowMs += ms),
      now: () => nowMs,
      requestMs: 1000,
      print: (line) => lines.push(line),
    };
  });
  const ask = (method: string, fields: Partial<KeyValueMessage> = {}): Promise<KeyValueMessage> =>
    answerRequest({ ...NOTHING, method, ...fields }, CLIENT, options);
  const put = async (key: string, value: string): Promise<number> => (await ask('PUT', { key, value })).timestamp!;

  describe('answers', () => {
    it('PUT with PUT_OK: value, key, and the timestamp of this write', async () => {
      const first = await ask('PUT', { key: 'k', value: 'v' });
      expect(first).to.deep.equal({ method: 'PUT_OK', value: 'v', key: 'k', timestamp: first.timestamp });
      expect(await put('k', 'w')).to.be.greaterThan(first.timestamp!);
    });

    it('GET without a timestamp, null or 0, with what the server has', async () => {
      const timestamp = await put('k', 'v');
      for (const value of [null, 0]) {
        expect(await ask('GET', { key: 'k', value })).to.deep.equal({
          ...NOTHING,
          method: 'GET_OK',
          value: ['v', timestamp],
        });
      }
    });

    it('GET with a timestamp up to its own with GET_OK, with a later one TRY_OTHER_SERVER_OR_LATER', async () => {
      const timestamp = await put('k', 'v');
      expect(await ask('GET', { key: 'k', value: timestamp })).to.have.property('method', 'GET_OK');
      const later = { ...NOTHING, method: 'TRY_OTHER_SERVER_OR_LATER' };
      expect(await ask('GET', { key: 'k', value: timestamp + 0.000001 })).to.deep.equal(later);
    });

    it('GET of a key that is not here with NULL, but TRY_OTHER_SERVER_OR_LATER to who has seen one', async () => {
      expect(await ask('GET', { key: 'k' })).to.deep.equal({ ...NOTHING, method: 'NULL' });
      await put('other', 'v');
      expect(await ask('GET', { key: 'k' })).to.deep.equal({ ...NOTHING, method: 'NULL' });
      expect(await ask('GET', { key: 'k', value: 1 })).to.have.property('method', 'TRY_OTHER_SERVER_OR_LATER');
    });

    it('isLider with whether it leads', async () => {
      expect(await ask('isLider')).to.deep.equal({ ...NOTHING, method: 'isLiderResponse', value: true });
      role = 'follower';
      expect(await ask('isLider')).to.have.property('value', false);
    });

    it('REPLICATION from elsewhere, and what is no request, with ERROR', async () => {
      const strange: [string, Partial<KeyValueMessage>][] = [
        ['REPLICATION', { key: 'k', value: ['v', 1], timestamp: 1 }],
        ['put', { key: 'k', value: 'v' }],
        ['PUT', { value: 'v' }],
        ['PUT', { key: 'k', value: 5 }],
        ['PUT', { key: 'k'.repeat(600), value: 'v' }],
        ['GET', { value: null }],
        ['GET', { key: 'k', value: 'v' }],
      ];
      for (const [method, fields] of strange) {
        const reply = await ask(method, fields);
        expect(reply, JSON.stringify([method, fields])).to.include({ method: 'ERROR', key: null, timestamp: null });
        expect(reply.value).to.be.a('string');
      }
      expect(await ask('GET', { key: 'k' })).to.have.property('method', 'NULL');
    });
  });

  describe('a PUT', () => {
    const nobody: Answer = { kind: 'not-leader', leader: undefined };
    const unknown: Answer = { kind: 'unknown', reason: 'the link broke', leader: undefined };

    it('is tried again under one identity while a leader is looked for', async () => {
      replica.answers.push(nobody, unknown);
      expect(await ask('PUT', { key: 'k', value: 'v' })).to.have.property('method', 'PUT_OK');
      expect(replica.asked.map(({ request }) => request)).to.deep.equal(['drawn-1', 'drawn-1', 'drawn-1']);
    });

    it('that cannot be confirmed in time is answered by ERROR, never by PUT_OK', async () => {
      replica.answers.push(...Array.from({ length: 20 }, () => nobody));
      expect(await ask('PUT', { key: 'k', value: 'v' })).to.include({
        method: 'ERROR',
        value: 'it was not done: who leads is being decided',
      });
      expect(nowMs).to.equal(900);
    });

    it('that may have been done is never said not to have been', async () => {
      replica.answers.push(unknown, ...Array.from({ length: 20 }, () => nobody));
      expect(await ask('PUT', { key: 'k', value: 'v' })).to.have.property(
        'value',
        'it may have been done or not: the link broke',
      );
    });

    it('that is refused is told why', async () => {
      replica.answers.push({ kind: 'refused', reason: 'too few are in sync' });
      expect(await ask('PUT', { key: 'k', value: 'v' })).to.include({ method: 'ERROR', value: 'too few are in sync' });
    });
  });

  describe('prints', () => {
    it('the lines of the definition, at the leader', async () => {
      const timestamp = await put('k', 'v');
      await ask('GET', { key: 'k' });
      await ask('GET', { key: 'k', value: 9e9 });
      await ask('GET', { key: 'none' });
      expect(lines).to.deep.equal([
        'Cliente 10.0.0.7:4711 PUT key:k value:v.',
        `Enviando PUT_OK ao Cliente 10.0.0.7:4711 da key:k ts:${timestamp}.`,
        `Cliente 10.0.0.7:4711 GET key:k ts:None. Meu ts é ${timestamp}, portanto devolvendo v.`,
        `Cliente 10.0.0.7:4711 GET key:k ts:9000000000. Meu ts é ${timestamp}, portanto devolvendo TRY_OTHER_SERVER_OR_LATER.`,
        'Cliente 10.0.0.7:4711 GET key:none ts:None. Meu ts é None, portanto devolvendo NULL.',
      ]);
    });

    it('that it forwards, at another', async () => {
      role = 'follower';
      await put('k', 'v\n');
      expect(lines).to.deep.equal(['Encaminhando PUT key:k value:v\\n']);
    });
  });

  describe('on a connection', () => {
    let connection: TextConnection;
    let served: KeyValueConnection;
    beforeEach(() => {
      connection = new TextConnection();
      served = new KeyValueConnection(connection, (request, client) => answerRequest(request, client, options));
    });
    const settled = (): Promise<void> => new Promise((done) => setImmediate(done));
    const GET = '{"method": "GET", "value": null, "key": "}{\\"", "timestamp": null}';
    const NULL = '{"method":"NULL","value":null,"key":null,"timestamp":null}';

    for (const [what, pieces] of [
      ['in one piece', [GET]],
      ['byte by byte', [...GET]],
      ['with newlines around it', [`\r\n ${GET}\n`]],
      ['with more behind it', [GET + GET, GET]],
    ] as const) {
      it(`takes a request ${what}, sends one object, and closes`, async () => {
        for (const piece of pieces) served.received(Buffer.from(piece));
        await settled();
        expect(connection).to.include({ text: NULL, state: 'ended' });
        expect(replica.asked).to.have.length(1);
      });
    }

    for (const [what, text] of [
      ['a list', '[1]'],
      ['no JSON', '{nonsense}'],
      ['three fields', '{"method":"GET","value":null,"key":"k"}'],
      ['a key that is a number', '{"method":"GET","value":null,"key":5,"timestamp":null}'],
      ['lists too deep', `{"method":"PUT","value":${'['.repeat(100)}${']'.repeat(100)},"key":"k","timestamp":null}`],
      ['more than 1 MiB', `{"method":"PUT","value":"${'v'.repeat(1_048_576)}","key":"k","timestamp":null}`],
    ] as const) {
      it(`answers ${what} with ERROR, and closes`, async () => {
        served.received(Buffer.from(text));
        await settled();
        const { method, value, ...rest } = JSON.parse(connection.text) as KeyValueMessage;
        expect({ method, rest }).to.deep.equal({ method: 'ERROR', rest: { key: null, timestamp: null } });
        expect(value).to.match(/^expected /);
        expect(connection.state).to.equal('ended');
        expect(replica.asked).to.have.length(0);
      });
    }

    it('answers half a request that ends with ERROR, and nothing with nothing', () => {
      served.received(Buffer.from('{"method"'));
      served.ended();
      expect(connection.text).to.include('"method":"ERROR"');
      const silent = new TextConnection();
      new KeyValueConnection(silent, () => expect.fail()).ended();
      expect(silent).to.include({ text: '', state: 'destroyed' });
    });

    it('gives a request ten seconds to come, and its answer as long as it takes', async () => {
      expect(connection.deadlines).to.deep.equal([10_000]);
      served.received(Buffer.from(GET));
      await settled();
      expect(connection.deadlines).to.deep.equal([10_000, undefined]);
    });
  });
});
