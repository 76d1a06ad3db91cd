/** Section 2 of the overlay's specification: what a servent reads in its key-value file, seen through what it answers. */

import type { Case } from '../case';
import { same } from '../unmet';
import { aResponse, bytesOf, type Pattern, shown, type Text } from './messages';
import { type ServentCase, type ServentScene, serventCase } from './servent-scene';

/** A rule of the file: what it holds, which values keys then have, and which keys are none. */
interface FileRule extends Omit<ServentCase, 'scene'> {
  holds: Text;
  answers?: Readonly<Record<string, string>>;
  lacks?: readonly string[];
}

const RULES: readonly FileRule[] = [
  {
    id: 'overlay 2 1 comment',
    class: 'must',
    rule: 'A line whose first character is # is a comment.',
    holds: '#ssh\t22/tcp\n# domain\t53/udp\n',
    lacks: ['#ssh', '#'],
  },
  {
    id: 'overlay 2 1 indented-comment',
    class: 'survival',
    rule: 'A line whose first non-blank character is # is a comment too.',
    holds: '  #ssh\t22/tcp\n\t# domain\t53/udp\n',
    lacks: ['#ssh', '#'],
  },
  {
    id: 'overlay 2 1 blank-line',
    class: 'must',
    rule: 'Blank lines are skipped.',
    holds: '\n   \n\t\n\nssh\t22/tcp\n\n',
    answers: { ssh: '22/tcp' },
  },
  {
    id: 'overlay 2 2 first-word',
    class: 'must',
    rule: 'The key is the first run of characters that are neither space nor tab.',
    holds: 'ssh-2.0/x\t22/tcp alias\n',
    answers: { 'ssh-2.0/x': '22/tcp alias' },
    lacks: ['ssh-2.0/x\t22/tcp', 'ssh'],
  },
  {
    id: 'overlay 2 3 tabs',
    class: 'must',
    rule: 'One or more tabs stand between key and value.',
    holds: 'ssh\t\t\t22/tcp\n',
    answers: { ssh: '22/tcp' },
  },
  {
    id: 'overlay 2 3 spaces',
    class: 'must',
    rule: 'Spaces stand between key and value too.',
    holds: 'ssh   22/tcp\ndomain \t 53/udp\n',
    answers: { ssh: '22/tcp', domain: '53/udp' },
  },
  {
    id: 'overlay 2 3 rest-of-line',
    class: 'must',
    rule: 'The value is the rest of the line: a # or a tab inside it is part of it.',
    holds: 'ssh\t22/tcp\t# The Secure  Shell\n',
    answers: { ssh: '22/tcp\t# The Secure  Shell' },
  },
  {
    id: 'overlay 2 4 trailing-blanks',
    class: 'survival',
    rule: 'Blanks at the end of a value are trimmed.',
    holds: 'ssh\t22/tcp \t \n',
    answers: { ssh: '22/tcp' },
  },
  {
    id: 'overlay 2 4 carriage-return',
    class: 'survival',
    rule: 'A line may end with a carriage return and a line feed.',
    holds: '# made elsewhere\r\n\r\nssh\t22/tcp\r\n',
    answers: { ssh: '22/tcp' },
  },
  {
    id: 'overlay 2 4 byte-order-mark',
    class: 'survival',
    rule: 'A UTF-8 byte-order mark at the beginning is skipped.',
    holds: '\xef\xbb\xbfssh\t22/tcp\n',
    answers: { ssh: '22/tcp' },
  },
  {
    id: 'overlay 2 4 no-last-line-end',
    class: 'survival',
    rule: 'A file need not end with a line feed, and its longest line may be long.',
    holds: `long\t${'x'.repeat(8000)}`,
    answers: { long: 'x'.repeat(8000) },
  },
  {
    id: 'overlay 2 5 last-wins',
    class: 'must',
    rule: 'A key that appears again replaces the earlier value.',
    holds: 'ssh\tfirst\ndomain\t53/udp\nssh\tsecond\n',
    answers: { ssh: 'second' },
  },
  {
    id: 'overlay 2 6 no-value',
    class: 'survival',
    rule: 'A key with no value is no pair: it is skipped, and the others are served.',
    holds: 'lonely\nblank \t\nssh\t22/tcp\n',
    answers: { ssh: '22/tcp' },
    lacks: ['lonely', 'blank'],
  },
  {
    id: 'overlay 2 7 bytes',
    class: 'survival',
    rule: 'Keys and values are bytes, whatever their encoding.',
    holds: 'gr\xf6\xdfe\t5 \xb5m\n\xe2\x82\xac\t\xf0\x9f\x92\xb6\n',
    answers: { 'gr\xf6\xdfe': '5 \xb5m', '\xe2\x82\xac': '\xf0\x9f\x92\xb6' },
  },
  {
    id: 'overlay 2 8 too-long',
    class: 'survival',
    rule: 'A pair whose RESPONSE fits no datagram is skipped, and the others are served.',
    holds: `huge\t${'x'.repeat(70_000)}\nssh\t22/tcp\n`,
    answers: { ssh: '22/tcp' },
    lacks: ['huge'],
  },
];

export const FILE_CASES: readonly Case[] = RULES.map(({ answers = {}, lacks = [], ...rule }) =>
  serventCase({
    ...rule,
    neighbours: 0,
    async scene(scene) {
      for (const [key, value] of Object.entries(answers)) await answersWith(scene, key, value);
      for (const key of lacks) scene.asks(key);
      await scene.settles();
      for (const key of lacks) scene.client.heardTimes(0, answerFrom(rule.holds, key));
    },
  }),
);

async function answersWith(scene: ServentScene, key: string, value: string): Promise<void> {
  scene.asks(key);
  const answer = await scene.client.hears(aResponse(key));
  same(`the value of ${key}`, Buffer.from(answer.value).toString('latin1'), value);
}

/** An answer with something of the file. Whoever says in words that there is no such key breaks another rule. */
function answerFrom(file: Text, key: string): Pattern {
  const answer = aResponse(key);
  return {
    words: `answers for ${shown(key)}`,
    find(datagram) {
      const found = answer.find(datagram);
      return found && Buffer.from(bytesOf(file)).includes(Buffer.from(found.value)) ? found : undefined;
    },
  };
}
