/** The state of a store's page, and how one write goes to the followers and back. */

import { expect } from 'chai';
import { FIRST_STORE_STATE, LAST_BEAT, reduceStore, wordsOfMessage, writeOf } from '../../../../lab/page/store-state';
import type { MessageView, StoreEvent } from '../../../../lab/store-view';

describe("the state of a store's page", () => {
  let last = 0;
  const message = (what: MessageView['what'], from: string, to: string, first: number, index = first): MessageView => ({
    id: ++last,
    what,
    from,
    to,
    first,
    index,
    atMs: last,
  });
  const told = (...messages: MessageView[]) =>
    reduceStore(FIRST_STORE_STATE, {
      kind: 'heard',
      events: messages.map((one): StoreEvent => ({ kind: 'message', message: one })),
    });
  const WRITE = [
    message('append', 'r1', 'r2', 4, 5),
    message('append', 'r1', 'r3', 4, 5),
    message('ack', 'r2', 'r1', 5),
    message('commit', 'r1', 'r2', 5),
  ];

  it('shows a write as soon as it begins, and plays it to its end', () => {
    const state = told(...WRITE);
    expect(state).to.include({ shown: 5, beat: 0, playing: true });
    const end = reduceStore(state, { kind: 'passed', seconds: 100 });
    expect(end).to.include({ beat: LAST_BEAT, playing: false });
    expect(reduceStore(end, { kind: 'passed', seconds: 1 })).to.equal(end);
    expect(reduceStore(end, { kind: 'play', playing: true })).to.include({ beat: 0 });
    expect(reduceStore(end, { kind: 'seek', beat: -5 })).to.include({ beat: 0, playing: false });
  });

  it('lets a write that is being shown be seen to its end', () => {
    const state = told(...WRITE, message('append', 'r1', 'r2', 6));
    expect(state.shown).to.equal(5);
  });

  it('knows of each follower whether it has confirmed the write and was told of its commit', () => {
    expect(writeOf(WRITE, 4)).to.deep.equal({
      leader: 'r1',
      followers: [
        { name: 'r2', acked: true, told: true },
        { name: 'r3', acked: false, told: false },
      ],
    });
    expect(writeOf(WRITE, 6)).to.equal(undefined);
  });

  it('takes an entry that a later leader sends again as that one sends it', () => {
    const again = [...WRITE, message('append', 'r2', 'r3', 5), message('ack', 'r3', 'r2', 5)];
    expect(writeOf(again, 5)).to.deep.equal({ leader: 'r2', followers: [{ name: 'r3', acked: true, told: false }] });
  });

  it('keeps what happened in words, the latest hundred', () => {
    const events = Array.from({ length: 120 }, (_, i): StoreEvent => ({ kind: 'note', text: String(i) }));
    const state = reduceStore(FIRST_STORE_STATE, { kind: 'heard', events });
    expect([state.events.length, state.events[0]]).to.deep.equal([100, '20']);
    expect(wordsOfMessage({ ...WRITE[0]!, atMs: 1500 })).to.equal('r1 to r2: entries 4 to 5, for its disk (1.500 s)');
    expect(wordsOfMessage({ ...WRITE[2]!, atMs: 1500 })).to.equal(
      'r2 to r1: all up to entry 5 is on disk here (1.500 s)',
    );
  });
});
