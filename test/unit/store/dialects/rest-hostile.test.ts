/** Whatever strangers send over HTTP: never a 5xx for what they get wrong, never a crash, and one reply for one request. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { RestReplica } from '../../../support/store/rest';

/** A connection on which nothing more comes is closed by the test. */
const SILENCE_MS = 3000;

describe('hostile requests over HTTP', function () {
  this.timeout(30_000);
  let rest: RestReplica;
  let address: string;
  beforeEach(async () => {
    rest = new RestReplica();
    rest.replica.members = ['a:1'];
    address = await rest.listen();
  });
  afterEach(() => rest.close());

  /** Sends bytes, perhaps an end behind them, and gives all that comes until the service closes. */
  const raw = async (text: string | Uint8Array, ended = false): Promise<string> => {
    const [host, port] = address.split(':');
    const socket = connect(Number(port), host);
    let said = '';
    socket.on('data', (bytes) => {
      said += bytes;
    });
    socket.on('error', () => {});
    // Without an end: a second reply would not come then.
    if (ended) socket.end(text);
    else socket.write(text);
    socket.setTimeout(SILENCE_MS, () => socket.destroy());
    await once(socket, 'close');
    return said;
  };
  const statuses = (said: string): number[] => [...said.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, s]) => Number(s));
  const isAlive = async (): Promise<void> => {
    const reply = await fetch(`http://${address}/healthz`);
    expect([reply.status, rest.notes]).to.deep.equal([200, []]);
    await reply.text();
  };
  const POST = 'POST /API/IngresarFormulario HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
  const SECOND = 'GET /API/ObtenerUnFormulario/smuggled HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

  const pairs: [name: string, request: string][] = [
    ['a length and chunks', `${POST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SECOND}`],
    ['chunks and a length', `${POST}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n${SECOND}`],
    ['two lengths', `${POST}Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}${SECOND}`],
    ['a list of lengths', `${POST}Content-Length: 2, 40\r\n\r\n{}${SECOND}`],
    ['a length with a sign', `${POST}Content-Length: +2\r\n\r\n{}${SECOND}`],
    ['another coding behind chunks', `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${SECOND}`],
    ['a coding misspelt', `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SECOND}`],
    ['a blank before the colon', `${POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${SECOND}`],
    ['a folded header', `${POST}Transfer-Encoding:\r\n chunked\r\nContent-Length: 2\r\n\r\n{}${SECOND}`],
    ['a bare line feed', `${POST}X: y\nContent-Length: 2\r\n\r\n{}${SECOND}`],
    ['a chunk of a wrong size', `${POST}Transfer-Encoding: chunked\r\n\r\n2x\r\n{}\r\n0\r\n\r\n${SECOND}`],
  ];
  for (const [name, request] of pairs) {
    it(`are not smuggled behind ${name}`, async () => {
      const said = statuses(await raw(request));
      expect(said, 'one reply, a refusal').to.have.length.within(0, 1);
      for (const status of said) expect(status).to.be.within(400, 499);
      await isAlive();
    });
  }

  it('are answered one by one where they are sent together in order', async () => {
    const form = '{"id":"1"}';
    const said = await raw(`${POST}Content-Length: ${form.length}\r\n\r\n${form}${SECOND}`);
    expect(statuses(said)).to.deep.equal([201, 404]);
  });

  it('are refused with JSON where they are no HTTP', async () => {
    for (const bytes of [
      '\u0000\u0001\u0002\r\n\r\n',
      'GET\r\n\r\n',
      `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`,
      'GET / HTTP/9.9\r\n\r\n',
    ]) {
      const said = await raw(bytes);
      expect(statuses(said), bytes.slice(0, 20)).to.have.length(1);
      expect(statuses(said)[0]).to.be.within(400, 499);
      expect(JSON.parse(said.slice(said.indexOf('\r\n\r\n') + 4))).to.include({ status: 'error' });
    }
    await isAlive();
  });

  const bodies: [name: string, body: () => string | Uint8Array, status: number][] = [
    ['10 MB', () => `{"id":"1","a":"${'x'.repeat(10_000_000)}"}`, 413],
    ['100,000 deep', () => `{"id":"1","a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 400],
    ['100,000 deep and never closed', () => '['.repeat(100_000), 400],
    ['no UTF-8', () => new Uint8Array([0x22, 0xff, 0x22]), 400],
    ['a number beyond a double', () => '{"id":"1","a":1e999}', 400],
    [
      '100,000 attributes',
      () => JSON.stringify({ id: '1', ...Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [i, 0])) }),
      201,
    ],
  ];
  for (const [name, body, status] of bodies) {
    it(`with a body of ${name} are answered with ${status}`, async () => {
      const reply = await fetch(`http://${address}/API/IngresarFormulario`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: body(),
      }).catch(() => undefined);
      // A service that refuses a long body may close before it has come whole.
      if (reply || status !== 413) expect(reply!.status).to.equal(status);
      await reply?.text();
      await isAlive();
    });
  }

  it('with bytes changed, cut out or doubled anywhere are never answered with a 5xx', async () => {
    const form = '{"id":"1","genero":"x"}';
    const whole = fc.constantFrom(
      `${POST}Content-Length: ${form.length}\r\n\r\n${form}`,
      `${POST}Transfer-Encoding: chunked\r\n\r\n${form.length.toString(16)}\r\n${form}\r\n0\r\n\r\n`,
      SECOND,
      'GET /collections/formularios?q=genero=x&limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n',
    );
    const place = fc.double({ min: 0, max: 1, noNaN: true });
    const change = fc.record({
      from: place,
      length: fc.integer({ min: 0, max: 8 }),
      put: fc.uint8Array({ maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(whole, fc.array(change, { minLength: 1, maxLength: 4 }), async (request, changes) => {
        let bytes: Uint8Array = Buffer.from(request);
        for (const { from, length, put } of changes) {
          const at = Math.floor(from * bytes.length);
          bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + length)]);
        }
        for (const status of statuses(await raw(bytes, true))) expect(status).to.be.below(500);
      }),
      { numRuns: 300 },
    );
    await isAlive();
  });

  it('of any method, path, header and body are never answered with a 5xx', async () => {
    const word = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('API', '..', '%2e', '%00', '%ff', '__proto__', '*', '?q=a>1', '?limite=1', '?limit=-1'),
    );
    const path = fc
      .tuple(
        fc.constantFrom(
          '/',
          '/API/ObetenerUnFormulario/',
          '/API/ObtenerGeneros/',
          '/API/IngresarFormulario',
          '/API/ObtenerTodosLosFormularios/',
          '/collections/',
          '/collections/formularios/',
          '/docs/',
          '/docs/static/',
        ),
        fc.array(word, { maxLength: 3 }),
      )
      .map(
        ([start, words]) =>
          start +
          words
            .map((one) =>
              one.startsWith('?') || one.startsWith('%') ? one : encodeURIComponent(one.replace(/\p{Surrogate}/gu, '')),
            )
            .join('/'),
      );
    const body = fc.oneof(
      fc.json({ maxDepth: 6 }),
      fc.string(),
      fc
        .record({ id: fc.anything(), genero: fc.anything() })
        .map((value) => JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? 1 : part))),
    );
    const asked = fc.record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE', 'QUERY'),
      path,
      type: fc.constantFrom(
        'application/json',
        'application/json; charset=x',
        'text/plain',
        '',
        'a/b/c',
        'APPLICATION/JSON',
      ),
      key: fc.constantFrom(undefined, '', 'k', 'x'.repeat(300)),
      headers: fc.dictionary(
        fc.constantFrom('host', 'origin', 'accept', 'content-encoding', 'expect', 'range', 'if-none-match', 'upgrade'),
        fc.oneof(fc.string(), fc.constantFrom('*', 'gzip', '100-continue', 'bytes=0-', 'h2c', 'http://localhost')),
      ),
      body: fc.option(body, { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(asked, async ({ method, path: url, type, key, headers, body: payload }) => {
        const hasBody = payload !== undefined && !['GET', 'HEAD', 'TRACE'].includes(method);
        const { statusCode } = await rest.app.inject({
          method: method as 'GET',
          url,
          headers: {
            host: 'localhost',
            'content-type': type,
            ...(key === undefined ? {} : { 'idempotency-key': key }),
            ...headers,
          },
          ...(hasBody ? { payload } : {}),
        });
        expect(statusCode, `${method} ${url}`).to.be.below(500);
      }),
      { numRuns: 200 },
    );
    await isAlive();
  });
});
