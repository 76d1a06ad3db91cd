/** A reload under questions: every answer is whole, of the old file or of the new one, and none of the old comes after the new. */

import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { endAllCommands, startServentCommand } from '../support/commands';

const KEYS = 50_000;
/** Questions kept unanswered: few enough that no buffer drops one. */
const OUTSTANDING = 32;
/** Answers of each version of the file. */
const ENOUGH = 2000;

describe('a reload while questions come in', () => {
  let folder: string;
  let socket: Socket;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'servent-test-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  afterEach(() => {
    socket.close();
    return endAllCommands();
  });

  const valueFor = (version: string, number: number): string =>
    `${version}${number} ${version.repeat(1 + (number % 50))}`;
  const write = (version: string): string => {
    const path = join(folder, 'pairs.txt');
    // The second version stands in another order, so that half a table would answer with the wrong value or not at all.
    const numbers = Array.from({ length: KEYS }, (_, i) => (version === 'a' ? i : KEYS - 1 - i));
    writeFileSync(path, numbers.map((number) => `key${number}\t${valueFor(version, number)}\n`).join(''));
    return path;
  };

  for (const io of ['dgram', 'auto']) {
    it(`answers from one whole table or the other, with --io ${io}`, async () => {
      const servent = await startServentCommand(write('a'), ['--io', io]);
      const [host, port] = servent.address.split(':');
      socket = createSocket('udp4');
      const versions: string[] = [];
      let wrong: string | undefined;
      let asked = 0;
      let newOnes = 0;
      const ask = (): void => {
        // Steps of a prime visit keys all over the table.
        socket.send(Buffer.from(`\0\x01key${(asked++ * 7919) % KEYS}`, 'latin1'), Number(port), host);
      };
      await new Promise<void>((done) => {
        socket.on('message', (response) => {
          const [key = '', value = ''] = response.toString('latin1', 2).split('\t');
          const version = value.charAt(0);
          if (value !== valueFor(version, Number(key.slice(3)))) wrong ??= response.toString('latin1');
          versions.push(version);
          if (version === 'b') newOnes++;
          if (versions.length === ENOUGH) {
            write('b');
            servent.child.kill('SIGHUP');
          }
          if (newOnes === ENOUGH) done();
          else ask();
        });
        for (let i = 0; i < OUTSTANDING; i++) ask();
      });
      expect(wrong).to.equal(undefined);
      expect(versions.join('')).to.match(/^a+b+$/);
    });
  }
});
