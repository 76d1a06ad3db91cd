/** A process that writes into an LMDB engine until it is killed: transaction n puts ten keys and the number n. */

import { LmdbEngine } from '../../../store/documents/lmdb-engine';

const engine = new LmdbEngine(process.argv[2]!);
let [count, flushed] = [0, 0];

async function run(): Promise<void> {
  for (;;) {
    count++;
    engine.write((writer) => {
      for (let i = 0; i < 10; i++) writer.put(`k${(count * 7919) % 1000003}-${i}`, 'x'.repeat(100));
      writer.put('number', String(count));
    });
    if (count % 100 === 0) {
      await engine.flush();
      flushed = count;
    }
    if (count === 250) process.send?.({ flushed });
  }
}

void run();
