/** Section 3 of the backup's specification: the simple wire, as its agents speak it. */

import { createHash, randomBytes } from 'node:crypto';
import { utimesSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Case } from '../case';
import { same } from '../unmet';
import { type AgentCase, agentCase, contentsOf, copyOf, shownOf, UPDATES } from './agent-scene';

const OTHER_MD5 = createHash('md5').update('something else').digest('hex');

const CASES: readonly AgentCase[] = [
  {
    id: 'backup 3 starts',
    class: 'must',
    rule: 'An agent takes connections at the address that it is told.',
    scene: async (scene) => void (await scene.connects()),
  },
  {
    id: 'backup 3 updates needed',
    class: 'must',
    rule: 'A path without MD5 is answered by exactly 17 bytes, "updates needed: y", and more behind them.',
    async scene(scene) {
      const answer = await scene.answers(`${scene.at('tree')}:\n`);
      same('the first 17 bytes', shownOf(answer.subarray(0, UPDATES.length)), UPDATES);
      same('something behind them', answer.length > UPDATES.length ? 'yes' : 'nothing', 'yes');
    },
  },
  {
    id: 'backup 3 tar.gz',
    class: 'must',
    rule: 'Behind the first 17 bytes comes a tar.gz, until the connection is closed.',
    scene: async (scene) => void (await scene.fetches(scene.at('tree'))),
  },
  {
    id: 'backup 3 tree',
    class: 'must',
    rule: 'A folder comes with all below it, every file as it is, empty ones and any bytes too.',
    async scene(scene) {
      const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7 + (i >> 8)) % 256));
      scene.write('tree/bytes', bytes);
      scene.write('tree/empty', '');
      const copy = await scene.fetches(scene.at('tree'));
      same('the file', contentsOf(copy, 'tree/one'), 'the first');
      same('the file', contentsOf(copy, 'tree/folder/two'), 'the second');
      same('the empty file', contentsOf(copy, 'tree/empty'), '');
      const isWhole = contentsOf(copy, 'tree/bytes') === bytes.toString('latin1');
      same('a file of any bytes', isWhole ? 'as it is' : 'changed', 'as it is');
    },
  },
  {
    id: 'backup 3 file',
    class: 'must',
    rule: 'A path may be one file.',
    async scene(scene) {
      const copy = await scene.fetches(scene.at('tree/one'));
      same('the file', contentsOf(copy, 'tree/one'), 'the first');
      same('regular files', copy.members.filter(({ isFile }) => isFile).length, 1);
    },
  },
  {
    id: 'backup 3 names',
    class: 'must',
    rule: 'Member names are absolute paths without the leading "/".',
    async scene(scene) {
      const base = scene.at('tree').slice(1);
      for (const { name } of (await scene.fetches(scene.at('tree'))).members)
        same('a name that begins with', name.slice(0, base.length), base);
    },
  },
  {
    id: 'backup 3 unchanged',
    class: 'must',
    rule: 'With the MD5 of the contents in the order of the tar the answer is "updates needed: n", then the close.',
    async scene(scene) {
      const { md5 } = await scene.fetches(scene.at('tree'));
      await scene.saysNothingNew(scene.at('tree'), md5);
    },
  },
  {
    id: 'backup 3 touched',
    class: 'must',
    rule: 'The MD5 is of the contents alone: other times of a file are no change.',
    async scene(scene) {
      const { md5 } = await scene.fetches(scene.at('tree'));
      utimesSync(scene.at('tree/one'), 1_000_000_000, 1_000_000_000);
      await scene.saysNothingNew(scene.at('tree'), md5);
    },
  },
  {
    id: 'backup 3 changed',
    class: 'must',
    rule: 'When a file has changed, the old MD5 is answered by a new tar.gz.',
    async scene(scene) {
      const { md5 } = await scene.fetches(scene.at('tree'));
      scene.write('tree/folder/two', 'the 2econd');
      const copy = await scene.fetches(scene.at('tree'), md5);
      same('the file', contentsOf(copy, 'tree/folder/two'), 'the 2econd');
    },
  },
  {
    id: 'backup 3 other MD5',
    class: 'must',
    rule: 'An MD5 of something else is answered by a tar.gz.',
    scene: async (scene) => void (await scene.fetches(scene.at('tree'), OTHER_MD5)),
  },
  {
    id: 'backup 3 missing',
    class: 'must',
    rule: 'A path that is not there is answered by the close, without a byte.',
    async scene(scene) {
      await scene.refuses(`${scene.at('nowhere')}:\n`);
      await scene.stillServes();
    },
  },
  {
    id: 'backup 2 names',
    class: 'survival',
    rule: 'Names may hold blanks, digits, dashes, letters of any language, and be long.',
    async scene(scene) {
      const name = `tree/a b-1/Ünï¢ødé/${'long'.repeat(40)}`;
      scene.write(name, 'found');
      same('the file', contentsOf(await scene.fetches(scene.at('tree/a b-1')), name), 'found');
    },
  },
  {
    id: 'backup 2 below-root',
    class: 'survival',
    rule: 'An agent serves nothing but what is below its root.',
    async scene(scene) {
      const outside = scene.ground.write('outside', 'a secret');
      await scene.refuses(`${outside}:\n`);
      await scene.refuses(`${scene.root}/tree/../../outside:\n`);
      await scene.stillServes();
    },
  },
  {
    id: 'backup 3 pieces',
    class: 'survival',
    rule: 'A line may come in any pieces.',
    async scene(scene) {
      const server = await scene.connects();
      for (const byte of Buffer.from(`${scene.at('tree')}:\n`)) {
        server.says(Uint8Array.of(byte));
        await sleep(2);
      }
      copyOf(await server.hearsAll(scene.ground.terms.startMs));
    },
  },
  ...(
    [
      ['garbage', 'Bytes that are no line of text', Buffer.from('00ff807f3a3a0d0a0a', 'hex')],
      ['no-colon', 'A line without a colon', Buffer.from('/etc\n')],
      ['empty', 'An empty line', Buffer.from('\n')],
      ['not-MD5', 'A word that is no MD5', Buffer.from('/nowhere:md5\n')],
    ] as const
  ).map(([name, what, bytes]) => ({
    id: `backup 3 malformed ${name}`,
    class: 'survival' as const,
    rule: `${what}: the connection is closed without a byte, and others are still served.`,
    async scene(scene: Parameters<AgentCase['scene']>[0]) {
      same('bytes before the close', shownOf(await scene.answers(bytes)), '');
      await scene.stillServes();
    },
  })),
  {
    id: 'backup 3 half a line',
    class: 'survival',
    rule: 'A server that says half a line and no more is answered by the close, and others are still served.',
    async scene(scene) {
      const server = await scene.connects();
      server.says(Buffer.from(scene.at('tree')));
      server.endsSaying();
      same('bytes before the close', shownOf(await server.hearsAll(scene.ground.terms.startMs)), '');
      await scene.stillServes();
    },
  },
  {
    id: 'backup 3 silence',
    class: 'survival',
    rule: 'A server that connects and is silent delays no other.',
    async scene(scene) {
      await scene.connects('silent server');
      await scene.stillServes();
    },
  },
  {
    id: 'backup 3 long line',
    class: 'survival',
    rule: 'A line that never ends delays no other, and is not kept.',
    async scene(scene) {
      const server = await scene.connects('endless server');
      for (let i = 0; i < 16; i++) server.says(Buffer.alloc(64 << 10, 'x'));
      await scene.stillServes();
      same('bytes before the close', shownOf(await server.hearsAll(scene.ground.terms.startMs)), '');
      // The close may be that of an agent that died of it.
      await scene.stillServes();
    },
  },
  {
    id: 'backup 3 hangs up',
    class: 'survival',
    rule: 'A server that goes away in the middle of a tar.gz does no harm.',
    async scene(scene) {
      scene.write('much/bytes', randomBytes(8 << 20));
      const server = await scene.connects('leaving server');
      server.says(Buffer.from(`${scene.at('much')}:\n`));
      await server.hears(UPDATES, (came) => (came.length > UPDATES.length ? { message: came, length: 0 } : undefined));
      server.hangsUp();
      await scene.stillServes();
    },
  },
];

export const AGENT_CASES: readonly Case[] = CASES.map(agentCase);
