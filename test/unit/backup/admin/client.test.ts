import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { AdminClient } from '../../../../backup/admin/client';
import { isOperatorError } from '../../../support/backup/errors';

describe('an admin who has heard enough of an answer', () => {
  it('is not disturbed by the end of the server', async () => {
    let answer: ServerResponse | undefined;
    const server = createServer((_request, response) => {
      answer = response;
      response.write('{"type":"end"}\n');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const admin = new AdminClient({ host: '127.0.0.1', port, token: undefined });
    for await (const line of admin.lines('run', { node: 'a:1', path: '' })) if (line.type === 'end') break;
    answer!.destroy();
    // An error that nobody listens for would end this process.
    await once(server.close(), 'close');
    await new Promise(setImmediate);
  });
});

describe('an answer that is cut off', () => {
  it('is an error that names the server, not the end of the answer', async () => {
    const server = createServer((_request, response) => {
      response.write('{"type":"progress"}\n', () => response.destroy());
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const admin = new AdminClient({ host: '127.0.0.1', port, token: undefined });
    const error = await all(admin.lines('verify', {})).catch((cause: unknown) => cause);
    await once(server.close(), 'close');
    expect(isOperatorError(error, 'unreachable'), String(error)).to.equal(true);
  });
});

async function all(lines: AsyncIterable<unknown>): Promise<void> {
  for await (const _line of lines);
}
