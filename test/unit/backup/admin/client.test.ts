import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AdminClient } from '../../../../backup/admin/client';

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
