import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { Session } from '../../../kv-client/menu';

/** What a server of somebody else's replies to each request, in order. */
async function serve(replies: readonly string[]): Promise<{ server: Server; address: string; asked: string[] }> {
  const left = [...replies];
  const asked: string[] = [];
  const server = createServer((socket) => {
    socket.once('data', (bytes) => {
      asked.push(bytes.toString());
      const reply = left.shift()!;
      // In two pieces, as a network may bring it.
      socket.write(reply.slice(0, 9));
      setImmediate(() => socket.end(reply.slice(9)));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe('the menu of the key-value client', () => {
  let printed: string[];
  let watcher: (() => void) | undefined;
  let server: Server | undefined;
  beforeEach(() => {
    printed = [];
  });
  afterEach(() => server?.close());
  const session = (servers: readonly string[]): Session => {
    const print = (line: string): void => {
      printed.push(line);
      watcher?.();
    };
    const options = { servers, words: [], retry: false, timeoutMs: 60_000, json: false };
    return new Session(options, print, new AbortController().signal);
  };
  const until = (pattern: RegExp): Promise<void> =>
    new Promise((done) => {
      watcher = () => printed.some((line) => pattern.test(line)) && done();
      watcher();
    });
  const MENU = ['Opções:', '1. PUT', '2. GET'];
  const CHOOSE = 'Escolha a ação (1-3): ';

  it('asks with the texts of the definition, and prints its lines', async () => {
    const other = await serve([
      '{"method": "PUT_OK", "value": "v w", "key": "k", "timestamp": 1668465000.123}',
      '{"method": "GET_OK", "value": ["v w", 1668465000.123], "key": null, "timestamp": null}',
      '{"method": "NULL", "value": null, "key": null, "timestamp": null}',
    ]);
    server = other.server;
    const { address } = other;
    const menu = session([address]);
    expect(menu.begin()).to.equal(CHOOSE);
    expect(menu.typed('1')).to.equal('Digite a chave(Key):');
    expect(menu.typed('k')).to.equal('Digite o valor(Value):');
    expect(menu.typed('v w')).to.equal(CHOOSE);
    await until(/^PUT_OK/);
    expect(menu.typed('GET')).to.equal('Digite a chave(Key):');
    expect(menu.typed('k')).to.equal(CHOOSE);
    await until(/^GET key/);
    expect(menu.typed('9')).to.equal(CHOOSE);
    expect(menu.typed('2')).to.equal('Digite a chave(Key):');
    menu.typed('x');
    await until(/^KEY/);
    expect(menu.typed('3')).to.equal(undefined);
    expect(printed.filter((line) => !MENU.includes(line))).to.deep.equal([
      `PUT_OK key: k value v w timestamp 1668465000.123 realizada no servidor ${address}`,
      `GET key: k value: v w obtido do servidor ${address}, meu timestamp 1668465000.123 e do servidor 1668465000.123`,
      'Opção Inválida',
      'KEY NOT FOUND',
    ]);
    expect(printed.slice(0, 3)).to.deep.equal(MENU);
    expect(other.asked).to.deep.equal([
      '{"method":"PUT","value":"v w","key":"k","timestamp":null}',
      '{"method":"GET","value":1668465000.123,"key":"k","timestamp":null}',
      '{"method":"GET","value":null,"key":"x","timestamp":null}',
    ]);
  });

  it('asks for servers where none was named, until they are three or a line is empty', () => {
    const menu = session([]);
    const SERVER = 'Digite ip:porta de um servidor (vazio: nenhum outro): ';
    expect(menu.begin()).to.equal(SERVER);
    expect(menu.typed('')).to.equal(SERVER);
    expect(menu.typed('nonsense')).to.equal(SERVER);
    expect(printed.at(-1)).to.match(/^expected ip:port for a server/);
    expect(menu.typed('127.0.0.1:10097')).to.equal(SERVER);
    expect(menu.typed('')).to.equal(CHOOSE);
    expect(menu.typed('init')).to.equal(SERVER);
    for (const port of [10_097, 10_098]) expect(menu.typed(`127.0.0.1:${port}`)).to.equal(SERVER);
    expect(menu.typed('127.0.0.1:10099')).to.equal(CHOOSE);
  });
});
