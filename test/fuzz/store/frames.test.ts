/** A sample of the hostile frames of `npm run torture:store`, and a thousand clients that say nothing. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import { connectClient } from '../../../store-client/client';
import { drawsOf } from '../../support/seeded';
import { MemoryReplica } from '../../support/store/memory-replica';
import { endServing, serve } from '../../support/store/serve';
import { sendFrames } from './frames';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 0x7fff_ffff));
const COUNT = 200_000;
const SILENT = 1000;

describe("hostile frames at the store's door", function () {
  this.timeout(120_000);
  afterEach(endServing);

  it(`${COUNT} of them have an outcome each (SEED=${SEED})`, async () => {
    const tally = await sendFrames(COUNT, drawsOf(SEED));
    expect(tally.ok).to.be.above(COUNT / 40);
    expect(tally.ko).to.be.above(COUNT / 40);
    expect(tally.greeted).to.be.above(0);
  });

  it(`${SILENT} clients that say nothing, or half a frame, delay nobody`, async () => {
    const { address } = await serve(new MemoryReplica(), { connectionsMax: 2 * SILENT });
    const port = Number(address.split(':')[1]);
    const sockets = await Promise.all(
      Array.from({ length: SILENT }, async (_, i) => {
        const socket = connect(port, '127.0.0.1').on('error', () => {});
        await once(socket, 'connect');
        if (i % 2 === 0) socket.write(Buffer.from([0]));
        return socket;
      }),
    );
    await using client = await connectClient(address);
    await client.create('c', {});
    await client.insert('c', {});
    expect(await client.search('c', {})).to.have.length(1);
    for (const socket of sockets) socket.destroy();
  });
});
