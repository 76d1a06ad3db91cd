import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { Repository } from '../../../../backup/repository/repository';
import { restore } from '../../../../backup/restore/restore';
import { AgentClient } from '../../../../backup/server/agent-client';
import { AgentError } from '../../../../backup/server/agent-error';
import { type Outcome, pullOnce } from '../../../../backup/server/run';
import { portOf, Served } from '../../../support/backup/served';
import { drawsOf } from '../../../support/seeded';

const FILES = 60;
const FILE_BYTES = 200_000;
const ALL_BYTES = FILES * FILE_BYTES;
/** What is under way when the wire is cut, and lists: blocks are 1 MiB, and some are compressed ahead. */
const UNDER_WAY = 3_000_000;

describe('a network that is cut in the middle of a run', () => {
  let served: Served;
  let root: string;

  beforeEach(async () => {
    served = await Served.start();
    root = join(served.folder, 'lent');
    mkdirSync(root);
    writeFileSync(join(root, 'kept'), 'from before');
  });
  afterEach(() => served.end());

  for (const part of [0.3, 0.6, 0.9]) {
    it(`behind ${part} of the bytes loses nothing that is kept, and the next run goes on from there`, async () => {
      const wire = new Wire(portOf(await served.agent(root)));
      const node = await served.serve(wire.server);
      await served.register(node, '');
      expect((await served.run(node, '')).outcome).to.equal('copied');
      writeMany(root);
      wire.cutAfter(part * ALL_BYTES);
      const cut = await served.run(node, '');
      expect(cut.outcome).to.equal('failed');
      expect(cut.error).to.match(/expected an agent at .*, got/);
      expect(await restored(node)).to.equal('from before');
      wire.mend();
      // The server may have begun another by itself.
      await served.run(node, '');
      const { travelled, copy } = served.runs.find(({ outcome, copy }) => outcome === 'copied' && copy === 2)!;
      expect(copy).to.equal(2);
      expect(cut.travelled).to.be.at.least(part * ALL_BYTES - UNDER_WAY);
      expect(travelled).to.be.below((1 - part) * ALL_BYTES + UNDER_WAY);
      for await (const line of served.admin.lines('verify', {})) {
        if (line.type === 'end') expect(line.damaged).to.equal(0);
      }
      await restored(node);
      for (let i = 0; i < FILES; i++) {
        const [back, was] = [join(served.folder, 'restored'), root].map((at) => readFileSync(join(at, `file-${i}`)));
        expect(back!.equals(was!), `file-${i}`).to.equal(true);
      }
    });
  }

  it('in silence, with no word to either end, is an error all the same, and the next run goes on', async () => {
    const wire = new Wire(portOf(await served.agent(root)));
    const [host, port] = ['127.0.0.1', portOf(await served.serve(wire.server))];
    const repository = await Repository.open(join(served.folder, 'own'));
    let travelled = 0;
    const run = async (silenceMaxMs: number): Promise<Outcome> => {
      travelled = 0;
      const counting = async (bytes: number): Promise<void> => void (travelled += bytes);
      const address = { host, port, token: undefined, tls: undefined };
      const client = new AgentClient(address, counting, new AbortController().signal, silenceMaxMs);
      const job = { node: 'a:1', path: '', everyMs: 1, keep: 1, oneAtATime: false, wire: 'http', tls: false } as const;
      return pullOnce({ ...job, paranoid: false }, client, repository, 0, () => {}).finally(() => client.close());
    };
    writeMany(root);
    wire.silentAfter(0.5 * ALL_BYTES);
    const error = await run(2000).catch((cause: unknown) => cause);
    expect(error).to.be.instanceOf(AgentError);
    expect((error as Error).message).to.match(/got silence for 2 s/);
    const before = travelled;
    wire.mend();
    expect(await run(600_000)).to.include({ outcome: 'copied', copy: 1, entries: FILES + 2 });
    expect(travelled).to.be.below(ALL_BYTES - before + UNDER_WAY);
    await repository.close();
  });

  /** Restores the latest copy, and gives what is in the file that stayed. */
  async function restored(node: string): Promise<string> {
    const target = join(served.folder, 'restored');
    const sent = await served.admin.bytes('restore', { node, path: '', copy: 1, below: '' });
    const { missing } = await restore(sent.bytes, target, { overwrite: true, name: '' }, () => {});
    expect(missing).to.deep.equal([]);
    return readFileSync(join(target, 'kept'), 'utf8');
  }
});

/** A wire to an agent that can be cut behind so many bytes of its answers. */
class Wire {
  readonly server = createServer((socket) => this.#join(socket));
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  #left = Number.POSITIVE_INFINITY;
  #isSilent = false;

  constructor(port: number) {
    this.#port = port;
  }

  cutAfter(bytes: number): void {
    this.#left = bytes;
  }

  /** From there on nothing comes through, and nobody is told. */
  silentAfter(bytes: number): void {
    this.#left = bytes;
    this.#isSilent = true;
  }

  mend(): void {
    this.#left = Number.POSITIVE_INFINITY;
    this.#isSilent = false;
  }

  #join(socket: Socket): void {
    const agent = connect(this.#port, '127.0.0.1');
    for (const end of [socket, agent]) {
      this.#sockets.add(end);
      end.on('error', () => {});
      end.on('close', () => {
        this.#sockets.delete(end);
        for (const other of [socket, agent]) other.destroy();
      });
    }
    socket.pipe(agent);
    agent.on('data', (bytes: Buffer) => {
      if (this.#isSilent && this.#left <= 0) return;
      const passing = bytes.subarray(0, Math.max(0, this.#left));
      this.#left -= bytes.length;
      // As slow as who reads it: else the wire would be ahead of the run.
      if (!socket.write(passing)) {
        agent.pause();
        void once(socket, 'drain').then(
          () => agent.resume(),
          () => {},
        );
      }
      if (this.#left <= 0 && !this.#isSilent) for (const each of this.#sockets) each.destroy();
    });
  }
}

function writeMany(root: string): void {
  const draws = drawsOf(7);
  for (let i = 0; i < FILES; i++) {
    const bytes = Buffer.alloc(FILE_BYTES);
    for (let at = 0; at < FILE_BYTES; at += 4) bytes.writeInt32LE(draws.bits(), at);
    writeFileSync(join(root, `file-${i}`), bytes);
  }
}
