/**
 * A member of a coordination service in a process of its own, as compiled: `node coordination-child.cjs <service> <place> <id>
 * <session in ms>`. Takes `read`, `change <configuration>` and `close` as lines, tells answers and events as lines of JSON, and ends
 * by itself once it is closed.
 */

const { createInterface } = require('node:readline');
const { openLocal } = require('../../../dist/store/coordination/local/local');
const { parseZookeeperPlace } = require('../../../dist/store/coordination/zookeeper/servers');
const { openZookeeper } = require('../../../dist/store/coordination/zookeeper/zookeeper');

const [service, place, id, sessionMs] = process.argv.slice(2);
const tell = (event) => console.log(JSON.stringify(event));

async function main() {
  const options = {
    member: { id, address: `127.0.0.1:${8000 + id.codePointAt(0)}` },
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
    if (line === 'close') break;
    const answer =
      line === 'read'
        ? await coordination.read().catch((error) => error.message)
        : await coordination.change(JSON.parse(line.slice('change '.length)));
    tell({ answer: answer ?? null });
  }
  await coordination.close();
  tell({ answer: 'closed' });
  process.stdin.destroy();
}

void main();
