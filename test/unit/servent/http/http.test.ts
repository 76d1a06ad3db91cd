import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';
import { assert, expect } from 'chai';
import { DEFENCE_REASONS } from '../../../../servent/defences';
import { openHttp } from '../../../../servent/http/http';
import { DROP_REASONS } from '../../../../servent/outbox';
import type { ServentStatus } from '../../../../servent/status';
import type { HttpService } from '../../../../shared/http/service';
import { version } from '../../../../shared/program/version';
import { promtoolSays } from '../../../support/promtool';
import { quietStatus } from '../../../support/servent/quiet-status';

describe('a servent over HTTP', () => {
  let status: ServentStatus;
  let service: HttpService;
  beforeEach(async () => {
    status = quietStatus();
    service = await openHttp({ host: '127.0.0.1', port: 0 }, () => status);
  });
  afterEach(() => service.close());

  const ask = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const asked = request(`http://${service.address}${path}`, { agent: false, headers, method }).end();
    const [reply] = (await once(asked, 'response')) as [IncomingMessage];
    return { code: reply.statusCode, type: reply.headers['content-type'], body: await text(reply) };
  };
  const metrics = async (): Promise<string[]> => (await ask('/metrics')).body.split('\n');

  it('says what it knows as JSON, and that it lives', async () => {
    expect(JSON.parse((await ask('/status')).body)).to.deep.equal({ version: version(), ...status });
    expect(await ask('/healthz')).to.include({ code: 200, body: '{"status":"ok"}' });
  });

  it('measures every number, under a name of its own', async () => {
    status.received = { CLIREQ: 1, QUERY: 2, RESPONSE: 3, other: 4 };
    status.handled = { answered: 5, forwarded: 6, both: 7 };
    status.dropped.seen = 8;
    status.file.stale = true;
    status.wouldDrop = { 'answer-rate': 9 };
    Object.assign(status, { kernelDrops: 10, answers: 11, queries: 12, sendErrors: { ENETUNREACH: 13 } });
    expect((await metrics()).filter((line) => line.startsWith('servent_') && !line.endsWith(' 0'))).to.deep.equal([
      `servent_build_info{version="${version()}"} 1`,
      'servent_datagrams_received_total{type="CLIREQ"} 1',
      'servent_datagrams_received_total{type="QUERY"} 2',
      'servent_datagrams_received_total{type="RESPONSE"} 3',
      'servent_datagrams_received_total{type="other"} 4',
      'servent_datagrams_handled_total{effect="answered"} 5',
      'servent_datagrams_handled_total{effect="forwarded"} 6',
      'servent_datagrams_handled_total{effect="both"} 7',
      'servent_datagrams_dropped_total{reason="seen"} 8',
      'servent_datagrams_limited_total{reason="answer-rate"} 9',
      'servent_kernel_drops_total 10',
      'servent_responses_sent_total 11',
      'servent_queries_sent_total 12',
      'servent_send_errors_total{code="ENETUNREACH"} 13',
      'servent_keys 431',
      'servent_file_problems 3',
      'servent_file_stale 1',
      'servent_file_loaded_timestamp_seconds 1700000000.5',
      'servent_neighbours 2',
      'servent_seen_queries 17',
      'servent_seen_queries_limit 1000',
    ]);
  });

  it('has each reason to drop from the start, at 0', async () => {
    const lines = await metrics();
    expect(lines).to.include.members(DROP_REASONS.map((why) => `servent_datagrams_dropped_total{reason="${why}"} 0`));
    expect(lines).to.include.members(
      DEFENCE_REASONS.map((why) => `servent_datagrams_limited_total{reason="${why}"} 0`),
    );
  });

  it('leaves out what the system does not tell, and counts no count twice', async () => {
    status.answers = 3;
    await metrics();
    const lines = await metrics();
    expect(lines)
      .to.include('servent_responses_sent_total 3')
      .and.include('# TYPE servent_responses_sent_total counter');
    expect(lines.filter((line) => line.startsWith('servent_kernel_drops_total'))).to.deep.equal([]);
    expect(lines).to.include('# TYPE servent_keys gauge');
  });

  it('measures by the conventions of Prometheus, says promtool', async function () {
    status.sendErrors['ENETUNREACH'] = 1;
    await ask('/status');
    const { type, body } = await ask('/metrics');
    expect(type).to.match(/^text\/plain; version=0\.0\.4/);
    const said = promtoolSays(['metrics'], body);
    if (said === undefined) this.skip();
    expect(said).to.equal('');
  });

  it('is asked under an address, localhost or the name of its machine, by no page of another site', async () => {
    const port = service.address.split(':')[1];
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, hostname(), hostname().toUpperCase()]) {
      expect((await ask('/status', { host })).code, host).to.equal(200);
    }
    for (const path of ['/status', '/metrics', '/healthz']) {
      expect((await ask(path, { host: 'rebound.example' })).code, path).to.equal(421);
      expect((await ask(path, { origin: 'http://evil.example' })).code, path).to.equal(403);
    }
  });

  it('answers 500 where it fails itself, tells nothing of why, and goes on', async () => {
    const { received } = status;
    Object.defineProperty(status, 'received', {
      configurable: true,
      enumerable: true,
      get: () => assert.fail('secret'),
    });
    for (const path of ['/status', '/metrics']) {
      const { code, body } = await ask(path);
      expect([code, body], path).to.deep.equal([500, '{"status":"error","message":"something went wrong here"}']);
    }
    Object.defineProperty(status, 'received', { enumerable: true, value: received });
    expect(await ask('/status')).to.include({ code: 200 });
    expect(await ask('/metrics')).to.include({ code: 200 });
  });

  it('changes nothing and knows no other paths', async () => {
    for (const [path, method] of [
      ['/status', 'POST'],
      ['/metrics', 'DELETE'],
      ['/', 'GET'],
      ['/reload', 'GET'],
    ] as const) {
      const { code, body } = await ask(path, {}, method);
      expect([code, body]).to.deep.equal([
        404,
        '{"status":"error","message":"expected a path and a method that are served here"}',
      ]);
    }
  });
});
