/**
 * POST and GET over HTTP a second, at the leader of one, and of three replicas on this machine, beside the HTTP library's own
 * hello-world in a process of its own: `npm run bench:rest`. Ratios to that are what can be compared between machines.
 */

import { Agent, request } from 'node:http';
import { fastify } from 'fastify';
import { endPrograms, readyEvent, startProgram } from '../../shared/program/start-program';
import { doorOf, Replicas } from '../../test/support/store/replicas';
import { CLIENTS, rate, rateLine } from './rate';

const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });

if (process.argv[2] === 'hello') void hello();
else void main();

async function hello(): Promise<void> {
  const app = fastify();
  app.get('/', async () => ({ hello: 'world' }));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  console.log(JSON.stringify({ event: 'ready', http: `127.0.0.1:${port}` }));
}

async function main(): Promise<void> {
  try {
    const words = ['-r', 'ts-node/register', __filename, 'hello'];
    const { http } = await readyEvent<{ http: string }>(startProgram(process.execPath, words), 'hello-world');
    const base = await rate(() => ask(http, 'GET', '/'));
    console.log(`hello-world of the HTTP library: GET ${base.toFixed(0)} a second`);
    for (const count of [1, 3]) await measure(count, base);
  } finally {
    agent.destroy();
    await endPrograms();
  }
}

async function measure(count: number, base: number): Promise<void> {
  const replicas = new Replicas();
  try {
    const all = await replicas.startAll(count, ['--http', '127.0.0.1:0']);
    const http = doorOf(all[0]!, 'http');
    let id = 0;
    const posts = await rate(() => {
      const form = JSON.stringify({ id: String(++id), nombres: 'Ana', apellidos: 'Pérez', genero: 'Femenino' });
      return ask(http, 'POST', '/API/IngresarFormulario', form);
    });
    const gets = await rate((n) => ask(http, 'GET', `/API/ObetenerUnFormulario/${1 + (n % id)}`));
    console.log(
      `${count} replica${count === 1 ? '' : 's'}: ${rateLine('POST', posts, base)}, ${rateLine('GET', gets, base)}`,
    );
    await Promise.all(all.map((replica) => replica.stop()));
  } finally {
    replicas.remove();
  }
}

function ask(http: string, method: string, path: string, body?: string): Promise<void> {
  const [host, port] = http.split(':');
  return new Promise((resolve, reject) => {
    const headers =
      body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const asked = request({ agent, host, port, method, path, headers }, (reply) => {
      reply.resume().on('end', () => {
        if (reply.statusCode! < 300) resolve();
        else reject(new Error(`expected a 2xx, got ${reply.statusCode} to ${method} ${path}`));
      });
    });
    asked.on('error', reject).end(body);
  });
}
