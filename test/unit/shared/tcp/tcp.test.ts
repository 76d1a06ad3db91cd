import { expect } from 'chai';
import { OperatorError } from '../../../../shared/errors';
import { type Connection, type ConnectionEvents, openConnection } from '../../../../shared/tcp/connection';
import { type Listener, type ListenerOptions, openListener } from '../../../../shared/tcp/listener';

/** What happened to a connection, and a way to wait for more. */
class Events implements ConnectionEvents {
  readonly seen: string[] = [];
  #notify = (): void => {};

  received(bytes: Uint8Array): void {
    this.#see(`received ${Buffer.from(bytes)}`);
  }
  drained(): void {
    this.#see('drained');
  }
  ended(): void {
    this.#see('ended');
  }
  closed(code: string | undefined): void {
    this.#see(`closed ${code}`);
  }

  /** Anything at all, where no text is given. */
  async until(text: string | undefined): Promise<void> {
    while (text === undefined ? this.seen.length === 0 : !this.seen.includes(text))
      await new Promise<void>((done) => (this.#notify = done));
  }

  #see(text: string): void {
    this.seen.push(text);
    this.#notify();
  }
}

describe('TCP behind a contract', () => {
  let listener: Listener | undefined;
  const connections: Connection[] = [];
  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.destroy();
    await listener?.close();
    listener = undefined;
  });

  const listen = async (options: Partial<ListenerOptions>): Promise<number> => {
    const accept = (): ConnectionEvents => new Events();
    const refusal = Buffer.from('full');
    listener = await openListener({ host: '127.0.0.1', port: 0, connectionsMax: 10, refusal, accept, ...options });
    return listener.port;
  };
  const dial = (port: number): { connection: Connection; events: Events } => {
    const events = new Events();
    const connection = openConnection('127.0.0.1', port, events);
    connections.push(connection);
    return { connection, events };
  };

  it('brings bytes both ways, and an end that loses none', async () => {
    const there = new Events();
    let other: Connection | undefined;
    const port = await listen({
      accept: (connection) => {
        other = connection;
        return there;
      },
    });
    const { connection, events } = dial(port);
    connection.send(Buffer.from('question'));
    await there.until('received question');
    connection.end();
    await there.until('ended');
    other?.send(Buffer.from('answer'));
    other?.end();
    await events.until('received answer');
    await events.until('closed undefined');
    await there.until('closed undefined');
  });

  it('tells one above its limit, and takes the next once there is room', async () => {
    const accept = (connection: Connection): ConnectionEvents => {
      connection.send(Buffer.from('welcome'));
      return { received() {}, drained() {}, closed() {}, ended: () => connection.end() };
    };
    const port = await listen({ connectionsMax: 1, accept });
    const first = dial(port);
    await first.events.until('received welcome');
    const second = dial(port);
    await second.events.until('ended');
    expect(second.events.seen).to.deep.equal(['received full', 'ended']);
    expect(listener?.connections).to.equal(1);
    first.connection.destroy();
    let seen = 'received full';
    while (seen === 'received full') {
      const { events } = dial(port);
      await events.until(undefined);
      seen = events.seen[0]!;
    }
    expect(seen).to.equal('received welcome');
  });

  it('closes at the deadline that was set last', async () => {
    const { connection, events } = dial(await listen({}));
    connection.closeAfter(60_000);
    connection.closeAfter(undefined);
    connection.closeAfter(1);
    await events.until('closed undefined');
  });

  it('keeps what the other side does not read, and says when it was taken', async () => {
    let other: Connection | undefined;
    const there = new Events();
    const port = await listen({
      accept: (connection) => {
        other = connection;
        connection.pause();
        return there;
      },
    });
    const { connection, events } = dial(port);
    const block = Buffer.alloc(1 << 20);
    for (let i = 0; i < 32; i++) connection.send(block);
    expect(connection.pendingBytes).to.be.above(block.length);
    while (!other) await new Promise((done) => setImmediate(done));
    other.resume();
    await events.until('drained');
    expect(connection.pendingBytes).to.equal(0);
  });

  it('says why it could not connect', async () => {
    const port = await listen({});
    await listener?.close();
    listener = undefined;
    const { connection, events } = dial(port);
    await events.until('closed ECONNREFUSED');
    connection.send(Buffer.from('late'));
  });

  it('says of a port in use that it is', async () => {
    const port = await listen({});
    const accept = (): ConnectionEvents => new Events();
    const refusal = new Uint8Array();
    const again = openListener({ host: '127.0.0.1', port, connectionsMax: 1, refusal, accept });
    const error = await again.catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(OperatorError);
    expect((error as OperatorError).message).to.equal(
      `expected a TCP port that can be bound, got 127.0.0.1:${port}: the port is in use`,
    );
  });
});
