/** A state that has no room for more: what is committed waits, and whoever has sent too much hears no more until there is room. */

import { expect } from 'chai';
import type { Coordination } from '../../../store/coordination/coordination';
import { LmdbEngine } from '../../../store/documents/lmdb-engine';
import type { Entry } from '../../../store/entry';
import type { Recovery } from '../../../store/folder';
import { LiveReplica } from '../../../store/live-replica';
import { ListMachine } from '../../sim/store/worlds/list-machine';
import { inFolder } from '../../support/store/engines';
import { B, C, EMPTY, entriesOf, holding, OPTIONS, recordOf, TestReplica } from '../../support/store/test-replica';

/** More than a log keeps in memory. */
const MANY = 20_000;
/** Nobody waits for it: however busy the disk, it takes 64 MiB within this time. */
const FILE_MS = 120_000;

describe('a state without room', () => {
  const record = recordOf(1, 1, B, B);

  it('lets a leader commit, and answer only when there is room again', () => {
    const leader = new TestReplica().found();
    leader.machine.isFull = true;
    expect(leader.write(7, 1)).to.deep.equal(['writes 2']);
    expect(leader.core.status).to.deep.include({ position: 1, lag: 1 });
    expect(leader.read(8)).to.deep.equal(['answers 8 []']);
    leader.machine.isFull = false;
    expect(leader.when(() => {})).to.deep.equal(['answers 7 1']);
  });

  it('gives nobody a snapshot, which would lack what others have applied', () => {
    const leader = new TestReplica().found();
    leader.machine.isFull = true;
    leader.write(7, 1);
    const ends = [{ epoch: 9, last: 9 }];
    const join = { type: 'join', epoch: 0, member: C, ends };
    expect(leader.when((core) => core.receive(1, join, leader.now))).to.deep.equal([]);
    leader.machine.isFull = false;
    expect(leader.when(() => {}))
      .to.include('answers 7 1')
      .and.include('says snapshot to 1');
  });

  it('lets a follower acknowledge no more than its memory holds, and the rest when there is room', () => {
    const entries = entriesOf(1, [1]);
    const follower = new TestReplica(holding(entries, 1), { contact: B.address });
    follower.when(() => {});
    follower.when((core) => core.linkUp(5, follower.now));
    const lead = { type: 'lead', epoch: 1, configuration: record, after: 1 };
    follower.when((core) => core.receive(5, lead, follower.now));
    const append = (values: readonly Entry[], committed: number) => {
      const message = { type: 'append', epoch: 1, lines: values.map(({ line }) => line), committed, round: 0 };
      return follower.when((core) => core.receive(5, message, follower.now)).at(-1);
    };
    const more = entriesOf(1, Array(MANY).fill(2), entries[0]);
    follower.machine.isFull = true;
    expect(append(more.slice(0, 9), 1)).to.equal('acknowledges 10 to 5');
    expect(append(more.slice(9), 10)).to.equal('acknowledges 10 to 5');
    follower.machine.isFull = false;
    expect(follower.when(() => {})).to.deep.equal([`acknowledges ${MANY + 1} to 5`]);
    expect(follower.core.status.position).to.equal(10);
  });

  it('lets who is built anew take the next lines when there is room', () => {
    const late = new TestReplica(undefined, { contact: B.address });
    late.when(() => {});
    late.when((core) => core.linkUp(5, late.now));
    const position = entriesOf(1, [1])[0]!;
    const begins = { type: 'snapshot', epoch: 1, configuration: record, position, hash: '0' };
    late.when((core) => core.receive(5, begins, late.now));
    late.machine.isFull = true;
    const lines = { type: 'lines', epoch: 1, lines: ['["list","list",[1]]'], last: false };
    expect(late.when((core) => core.receive(5, lines, late.now))).to.deep.equal([]);
    late.machine.isFull = false;
    expect(late.when(() => {})).to.deep.equal(['says taken to 5']);
  });

  it('wakes its replica in the turn when there is room', async () => {
    const machine = new ListMachine(() => {}, 1);
    const journal = { append: async () => {}, mark: async () => {}, close: async () => {} };
    const parts = { recovered: EMPTY, journal, machine, engine: { close: async () => {} } } as unknown as Recovery;
    const events = { note: () => {}, turned: () => {}, ended: () => {} };
    const replica = new LiveReplica({ ...OPTIONS, ackMs: 1e6, requestMs: 1e6 }, parts, events);
    replica.coordinate({ change: async () => 'done', close: async () => {} } as Partial<Coordination> as Coordination);
    replica.coordinationEvents.session(true);
    replica.coordinationEvents.record(undefined);
    while (replica.status().role !== 'leader') await aTurn();
    expect(await replica.write(['append', 'list', 1], undefined)).to.deep.include({ kind: 'reply', index: 2 });
    let makeRoom = (): void => {};
    machine.isFull = true;
    machine.room = () => new Promise((resolve) => (makeRoom = resolve));
    let isAnswered = false;
    const answer = replica.write(['append', 'list', 2], undefined).finally(() => (isAnswered = true));
    while (replica.status().lag === 0) await aTurn();
    await aTurn();
    machine.isFull = false;
    makeRoom();
    for (let turn = 0; turn < 3; turn++) await aTurn();
    expect(isAnswered).to.equal(true);
    expect(await answer).to.deep.include({ kind: 'reply', index: 3 });
    await replica.close();
  });

  it('is one whose file takes less than is written', function () {
    this.timeout(FILE_MS);
    return inFolder(async (folder) => {
      const engine = new LmdbEngine(`${folder}/state`);
      const write = (count: number): void =>
        engine.write((writer) => {
          for (let i = 0; i < count; i++) writer.put(`key ${i}`, '');
        });
      write(20_000);
      expect(engine.isFull).to.equal(false);
      write(49_999);
      expect(engine.isFull).to.equal(false);
      write(1);
      expect(engine.isFull).to.equal(true);
      await engine.room();
      expect(engine.isFull).to.equal(false);
      write(1);
      engine.write((writer) => writer.put('long', 'x'.repeat(64 * 2 ** 20)));
      expect(engine.isFull).to.equal(true);
      await engine.close();
    });
  });
});

/** Whatever waits for a turn of the event loop has had it. */
function aTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
