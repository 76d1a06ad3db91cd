/** Clients' requests that wait: what each is told, once, when entries, epochs, snapshots and deadlines come. */

import { expect } from 'chai';
import { type Entry, makeEntry, type Position, START } from '../../../../store/entry';
import { Clients } from '../../../../store/replication/clients';
import type { Answer, Outbox } from '../../../../store/replication/outbox';

const REQUEST_MS = 30_000;

describe("clients' requests that wait", () => {
  it('are answered once', () => {
    const { clients, said } = someClients(1);
    expect([clients.isOpen(1), clients.isOpen(2)]).to.deep.equal([true, false]);
    clients.answer(2, { kind: 'refused', reason: 'nobody asked' });
    clients.answer(1, { kind: 'refused', reason: 'first' });
    clients.answer(1, { kind: 'refused', reason: 'second' });
    expect([clients.isOpen(1), said]).to.deep.equal([false, ['1 refused: first']]);
  });

  it('are as many as there is room for, and one more is refused', () => {
    const { clients, said } = someClients();
    for (let token = 1; token <= 10_000; token++) expect(clients.admit(token, 0)).to.equal(true);
    expect(clients.admit(10_001, 0)).to.equal(false);
    expect(said.splice(0)).to.deep.equal(['10001 refused: too many requests wait at this replica: 10000']);
    clients.answer(5, { kind: 'refused', reason: 'done' });
    expect(clients.admit(10_002, 0)).to.equal(true);
  });

  it('are told at their deadlines that nobody knows', () => {
    const { clients, said } = someClients();
    expect(clients.nextMs).to.equal(Number.POSITIVE_INFINITY);
    clients.admit(1, 0);
    clients.admit(2, 10);
    clients.postpone({ token: 1, operation: ['read'], atLeast: 1 });
    clients.postpone({ token: 2, operation: ['read'], atLeast: 1 });
    expect(clients.nextMs).to.equal(REQUEST_MS);
    clients.wake(REQUEST_MS - 1, 'b:1');
    expect(said).to.deep.equal([]);
    clients.wake(REQUEST_MS, 'b:1');
    expect(said).to.deep.equal(['1 unknown: not confirmed within 30 s, ask b:1']);
    expect(clients.nextMs).to.equal(REQUEST_MS + 10);
    // And no answer is looked for that nobody waits for.
    expect(clients.due(1).map(({ token }) => token)).to.deep.equal([2]);
  });

  describe('for an entry', () => {
    it('have its reply when it is applied, all of them that asked under one identity', () => {
      const { clients, said } = someClients(1, 2, 3);
      const [first, second] = log(1, 'same', undefined);
      clients.wrote(first, 1);
      clients.wrote(second, 3);
      expect([clients.join('same', 2), clients.join('another', 3)]).to.deep.equal([true, false]);
      clients.applied(first, ['ok', 7], 'b:1');
      expect(said.splice(0)).to.deep.equal(['1 reply: 7 at 1', '2 reply: 7 at 1']);
      expect(clients.join('same', 2)).to.equal(false);
      clients.applied(second, ['ok', 8], 'b:1');
      clients.applied(second, ['ok', 8], 'b:1');
      expect(said).to.deep.equal(['3 reply: 8 at 2']);
    });

    it('are told whom to ask when another is applied at its place', () => {
      const { clients, said } = someClients(1, 2);
      const [one] = log(1, undefined);
      const [other] = log(1, 'another');
      clients.wrote(one, 1);
      clients.wrote(other, 2);
      clients.applied(other, ['ok', 7], 'b:1');
      expect(said).to.deep.equal(['1 not-leader, ask b:1', '2 reply: 7 at 1']);
    });

    it('are told whom to ask as soon as a later epoch has begun before it', () => {
      const { clients, said } = someClients(1, 2);
      const [first, second, third] = log(1, undefined, undefined, undefined);
      clients.applied(first, ['ok', null], undefined);
      clients.wrote(third, 1);
      clients.applied(second, ['ok', null], undefined);
      expect(said).to.deep.equal([]);
      const [next, behind] = log(2, undefined, undefined);
      clients.wrote(behind, 2);
      clients.applied(next, ['ok', null], 'b:1');
      expect(said.splice(0)).to.deep.equal(['1 not-leader, ask b:1']);
      clients.applied(behind, ['ok', 7], 'b:1');
      expect(said).to.deep.equal(['2 reply: 7 at 2']);
    });

    it('go on waiting when this replica leads no longer, and nobody joins them', () => {
      const { clients, said } = someClients(1, 2);
      const [entry] = log(1, 'same');
      clients.wrote(entry, 1);
      clients.notLeading();
      expect([clients.join('same', 2), said]).to.deep.equal([false, []]);
      clients.applied(entry, ['ok', 7], undefined);
      expect(said).to.deep.equal(['1 reply: 7 at 1']);
    });

    it('are told that nobody knows when a snapshot takes its place', () => {
      const { clients, said } = someClients(1, 2, 3);
      const [first, second] = log(1, 'same', undefined);
      clients.wrote(first, 1);
      clients.wrote(second, 2);
      clients.restarted('b:1');
      const told = 'unknown: a snapshot took the place of the log before the write was confirmed, ask b:1';
      expect(said.splice(0)).to.deep.equal([`1 ${told}`, `2 ${told}`]);
      expect(clients.join('same', 3)).to.equal(false);
    });
  });

  it('for an index are due when it is applied, and once', () => {
    const { clients } = someClients(1, 2, 3);
    expect(clients.due(9)).to.deep.equal([]);
    for (const [token, atLeast] of [
      [1, 5],
      [2, 7],
      [3, 6],
    ] as const) {
      clients.postpone({ token, operation: ['read'], atLeast });
    }
    const due = (applied: number): number[] => clients.due(applied).map(({ token }) => token);
    expect([4, 6, 6, 7, 9].map(due)).to.deep.equal([[], [1, 3], [], [2], []]);
  });
});

/** All that wait from time 0 on, and what they are told. */
function someClients(...tokens: readonly number[]) {
  const said: string[] = [];
  const answer = (token: number, answer: Answer): void => void said.push(`${token} ${textOf(answer)}`);
  const clients = new Clients({ answer } as unknown as Outbox, REQUEST_MS);
  for (const token of tokens) clients.admit(token, 0);
  return { clients, said };
}

function textOf(answer: Answer): string {
  if (answer.kind === 'reply') return `reply: ${answer.reply[1]} at ${answer.index}`;
  if (answer.kind === 'refused') return `refused: ${answer.reason}`;
  if (answer.kind === 'unknown') return `unknown: ${answer.reason}, ask ${answer.leader}`;
  return `${answer.kind}, ask ${answer.leader}`;
}

/** Entries one behind the other, each with the request's identity given. */
function log<T extends (string | undefined)[]>(epoch: number, ...requests: T): { [i in keyof T]: Entry } {
  const entries: Entry[] = [];
  for (const request of requests) {
    const previous: Position = entries.at(-1) ?? START;
    entries.push(makeEntry(previous, epoch, 1e15, ['append', 'list', 1], request));
  }
  return entries as { [i in keyof T]: Entry };
}
