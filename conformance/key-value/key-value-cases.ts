/** Section 2 of the key-value dialect's specification: each message, timestamps, and what followers do. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Case } from '../case';
import { jsonWords, same } from '../unmet';
import { ANSWER, bytesOf, type KeyValueCase, keyValueCase, takeAnswer } from './key-value-scene';

const CASES: readonly KeyValueCase[] = [
  {
    id: 'key-value 2 starts',
    class: 'must',
    rule: 'A server takes connections at the port that it is told.',
    scene: async (scene) => void (await scene.connects()),
  },
  {
    id: 'key-value 2 PUT',
    class: 'must',
    rule: 'A PUT is answered by PUT_OK with its value and key, and the timestamp of the write.',
    async scene(scene) {
      const { method, value, key, timestamp } = await scene.asks({ method: 'PUT', key: 'k', value: 'v' });
      same('PUT_OK', jsonWords([method, value, key]), jsonWords(['PUT_OK', 'v', 'k']));
      same('the type of the timestamp', typeof timestamp, 'number');
    },
  },
  {
    id: 'key-value 2 GET',
    class: 'must',
    rule: 'A GET is answered by GET_OK with the value and its timestamp as a list.',
    async scene(scene) {
      const timestamp = await scene.puts('k', 'v');
      const { method, value } = await scene.asks({ method: 'GET', key: 'k' });
      same('GET_OK', jsonWords([method, value]), jsonWords(['GET_OK', ['v', timestamp]]));
    },
  },
  {
    id: 'key-value 2 GET latest',
    class: 'must',
    rule: 'A GET gives the value of the latest PUT, whose timestamp is the later one.',
    async scene(scene) {
      const first = await scene.puts('k', 'old');
      const second = await scene.puts('k', 'new');
      const { value } = await scene.asks({ method: 'GET', key: 'k' });
      same('the value', jsonWords(value), jsonWords(['new', second]));
      same('a later timestamp', second > first ? 'yes' : `${first}, then ${second}`, 'yes');
    },
  },
  {
    id: 'key-value 2 GET known',
    class: 'must',
    rule: 'A GET that names the timestamp that the server has is answered by GET_OK.',
    async scene(scene) {
      const timestamp = await scene.puts('k', 'v');
      same('the method', (await scene.asks({ method: 'GET', key: 'k', value: timestamp })).method, 'GET_OK');
    },
  },
  {
    id: 'key-value 2 NULL',
    class: 'must',
    rule: 'A GET for a key that is not there is answered by NULL.',
    async scene(scene) {
      same('the method', (await scene.asks({ method: 'GET', key: 'nowhere' })).method, 'NULL');
    },
  },
  {
    id: 'key-value 2 TRY_OTHER',
    class: 'must',
    rule: 'A GET that names a later timestamp than the server has is answered by TRY_OTHER_SERVER_OR_LATER.',
    async scene(scene) {
      const timestamp = await scene.puts('k', 'v');
      const { method } = await scene.asks({ method: 'GET', key: 'k', value: timestamp + 1000 });
      same('the method', method, 'TRY_OTHER_SERVER_OR_LATER');
    },
  },
  {
    id: 'key-value 2 isLider',
    class: 'must',
    rule: 'The leader answers isLider by isLiderResponse with true.',
    async scene(scene) {
      const { method, value } = await scene.asks({ method: 'isLider' });
      same('the answer', jsonWords([method, value]), jsonWords(['isLiderResponse', true]));
    },
  },
  {
    id: 'key-value 2 four-fields',
    class: 'must',
    rule: 'Every message has the four fields method, value, key, timestamp.',
    async scene(scene) {
      for (const request of [{ method: 'PUT', key: 'k', value: 'v' }, { method: 'GET', key: 'k' }, { method: 'isLider' }])
        same('the fields', Object.keys(await scene.asks(request)).sort().join(), 'key,method,timestamp,value'); // biome-ignore format: one sentence
    },
  },
  {
    id: 'key-value 2 closes',
    class: 'must',
    rule: 'The server closes the connection behind its answer.',
    async scene(scene) {
      const client = await scene.connects();
      client.says(bytesOf({ method: 'GET', key: 'k' }));
      await client.hears(ANSWER, takeAnswer);
      await client.closes();
    },
  },
  {
    id: 'key-value 2 follower isLider',
    class: 'replication',
    rule: 'A follower answers isLider with false.',
    async scene(scene) {
      same('the value', (await scene.asks({ method: 'isLider' }, await scene.follower())).value, false);
    },
  },
  {
    id: 'key-value 2 follower PUT',
    class: 'replication',
    rule: 'A PUT at a follower is forwarded to the leader, and its PUT_OK handed on.',
    async scene(scene) {
      const timestamp = await scene.puts('k', 'v', await scene.follower());
      same(
        'at the leader',
        jsonWords((await scene.asks({ method: 'GET', key: 'k' })).value),
        jsonWords(['v', timestamp]),
      );
    },
  },
  {
    id: 'key-value 2 follower GET',
    class: 'replication',
    rule: 'A follower serves a GET, once it has what was written at the leader.',
    async scene(scene) {
      const follower = await scene.follower();
      const timestamp = await scene.puts('k', 'v');
      const got = await scene.eventually(async () => {
        const answer = await scene.asks({ method: 'GET', key: 'k', value: timestamp }, follower);
        same('the method', answer.method, 'GET_OK');
        return answer;
      });
      same('the value', jsonWords(got.value), jsonWords(['v', timestamp]));
    },
  },
  {
    id: 'key-value 2 too few in sync',
    class: 'replication',
    rule: 'A PUT that fewer replicas than wanted can confirm is answered by ERROR, never by PUT_OK, and by PUT_OK once they can.',
    inSyncMin: 2,
    async scene(scene) {
      same('the method', (await scene.asks({ method: 'PUT', key: 'k', value: 'v' })).method, 'ERROR');
      await scene.follower();
      await scene.eventually(() => scene.puts('k', 'v'));
    },
  },
  {
    id: 'key-value 2 TRY_OTHER unknown',
    class: 'survival',
    rule: 'A GET with a timestamp for a key that is not there is answered by TRY_OTHER_SERVER_OR_LATER: the client has seen one.',
    async scene(scene) {
      const { method } = await scene.asks({ method: 'GET', key: 'nowhere', value: 1 });
      same('the method', method, 'TRY_OTHER_SERVER_OR_LATER');
    },
  },
  {
    id: 'key-value 2 pieces',
    class: 'survival',
    rule: 'A message may come in any pieces, be longer than a kilobyte, and end with a newline.',
    async scene(scene) {
      const client = await scene.connects();
      const value = '}{"é'.repeat(1000);
      const bytes = Buffer.concat([bytesOf({ method: 'PUT', key: 'k', value }), Buffer.from('\n')]);
      for (let at = 0; at < bytes.length; at += 700) {
        client.says(bytes.subarray(at, at + 700));
        await sleep(5);
      }
      same('the method', (await client.hears(ANSWER, takeAnswer)).method, 'PUT_OK');
    },
  },
  {
    id: 'key-value 2 slow client',
    class: 'survival',
    rule: 'A client that says half a message delays no other.',
    async scene(scene) {
      const slow = await scene.connects(scene.leader, 'slow client');
      slow.says(bytesOf({ method: 'PUT', key: 'k', value: 'v' }).subarray(0, 9));
      await scene.puts('k', 'v');
    },
  },
  {
    id: 'key-value 2 malformed',
    class: 'survival',
    rule: 'What is no message is answered by ERROR, then the connection is closed, and others are still served.',
    async scene(scene) {
      for (const text of ['[1]', '{"method":"DANCE","value":null,"key":null,"timestamp":null}', '{"method":"PUT"}']) {
        const client = await scene.connects();
        client.says(Buffer.from(text));
        same('the method', (await client.hears(ANSWER, takeAnswer)).method, 'ERROR');
        await client.closes();
      }
      await scene.puts('k', 'v');
    },
  },
];

export const KEY_VALUE_CASES: readonly Case[] = CASES.map(keyValueCase);
