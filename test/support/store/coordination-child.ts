/**
 * A member of a coordination service in a process of its own: `node -r ts-node/register coordination-child.ts <service> <place> <id>
 * <sessionMs>`. Takes `read`, `change <configuration>` and `close` as lines, tells answers and events as lines of JSON, and ends by
 * itself once it is closed.
 */

import { createInterface } from 'node:readline';
import type { Configuration, CoordinationOptions } from '../../../store/coordination/coordination';
import { openLocal } from '../../../store/coordination/local/local';
import { parseZookeeperPlace } from '../../../store/coordination/zookeeper/servers';
import { openZookeeper } from '../../../store/coordination/zookeeper/zookeeper';

const [service, place = '', id = '', sessionMs] = process.argv.slice(2);
const tell = (event: object): void => console.log(JSON.stringify(event));

async function main(): Promise<void> {
  const options: CoordinationOptions = {
    member: { id, address: `127.0.0.1:${8000 + (id.codePointAt(0) ?? 0)}` },
    sessionMs: Number(sessionMs),
    events: {
      record: (record) => tell({ record: record ?? null }),
      alive: (members) => tell({ alive: members.map((member) => member.id) }),
      session: (held) => tell({ held }),
      notice: (notice) => tell({ notice }),
    },
  };
  const coordination =
    service === 'local'
      ? await openLocal({ ...options, folder: place })
      : openZookeeper({ ...options, place: parseZookeeperPlace(place) });
  for await (const line of createInterface({ input: process.stdin })) {
    const [word, next] = [line.split(' ', 1)[0], line.slice(7)];
    if (word === 'read') {
      await coordination.read().then(
        (record) => tell({ answer: record ?? null }),
        (error: Error) => tell({ answer: error.message }),
      );
    } else if (word === 'change') tell({ answer: await coordination.change(JSON.parse(next) as Configuration) });
    else break;
  }
  await coordination.close();
  tell({ answer: 'closed' });
  process.stdin.destroy();
}

void main();
