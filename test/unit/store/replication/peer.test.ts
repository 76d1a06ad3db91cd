/** What a leader knows of one other replica: how much may be on its way, and since when it owes an answer. */

import { expect } from 'chai';
import { Peer } from '../../../../store/replication/peer';
import type { Snapshot } from '../../../../store/state-machine';
import { B } from '../../../support/store/test-replica';

const WAIT_MS = 100;

describe('what a leader knows of a follower', () => {
  it('begins with the entries behind what both have', () => {
    const peer = new Peer(B, 1, 5);
    peer.feed = 'snapshot';
    peer.start(7);
    const { feed, had, next, acked, confirmed, lost, reading, untaken } = peer;
    expect([feed, had, next, acked, confirmed]).to.deep.equal(['entries', 7, 8, -1, 0]);
    expect([lost, reading, untaken]).to.deep.equal([false, false, 0]);
  });

  it('counts what is on its way, until it is acknowledged', () => {
    const peer = started();
    for (let last = 1; last <= 16; last++) {
      expect(peer.mayBeSent).to.equal(true);
      peer.sent(last * 10, 0);
    }
    expect([peer.mayBeSent, peer.next]).to.deep.equal([false, 161]);
    peer.acknowledged(9, 1, 0);
    expect(peer.mayBeSent).to.equal(false);
    peer.acknowledged(10, 1, 0);
    expect(peer.mayBeSent).to.equal(true);
    peer.reading = true;
    expect(peer.mayBeSent).to.equal(false);
    peer.reading = false;
    peer.acknowledged(160, 1, 0);
    for (let last = 161; last <= 176; last++) peer.sent(last, 0);
    expect(peer.mayBeSent).to.equal(false);
    peer.start(5);
    expect([peer.mayBeSent, peer.acked, peer.next]).to.deep.equal([true, -1, 6]);
  });

  it('counts the messages of a snapshot that it has not taken', () => {
    const peer = started();
    peer.untaken = 3;
    expect(peer.mayBeSentSnapshot).to.equal(true);
    peer.untaken = 4;
    expect(peer.mayBeSentSnapshot).to.equal(false);
  });

  it('keeps the last round that it confirmed', () => {
    const peer = started();
    peer.acknowledged(3, 5, 0);
    peer.acknowledged(4, 4, 0);
    expect([peer.acked, peer.confirmed]).to.deep.equal([4, 5]);
  });

  it('is in time while it is heard, if it owes nothing', () => {
    const peer = started();
    expect([99, 100].map((nowMs) => peer.isInTime(nowMs, WAIT_MS))).to.deep.equal([true, false]);
    peer.heardMs = 60;
    expect([159, 160].map((nowMs) => peer.isInTime(nowMs, WAIT_MS))).to.deep.equal([true, false]);
  });

  it('is in time with what it owes while it comes further, though it be heard', () => {
    const peer = started();
    const inTime = (nowMs: number): boolean => {
      peer.heardMs = nowMs;
      return peer.isInTime(nowMs, WAIT_MS);
    };
    peer.sent(1, 50);
    peer.sent(2, 90);
    // From the first on that it has not acknowledged.
    expect([149, 150].map(inTime)).to.deep.equal([true, false]);
    peer.acknowledged(1, 1, 140);
    expect([239, 240].map(inTime)).to.deep.equal([true, false]);
    // The same once more is no progress.
    peer.acknowledged(1, 2, 200);
    expect(inTime(240)).to.equal(false);
    peer.acknowledged(2, 2, 210);
    expect(inTime(999)).to.equal(true);
    peer.untaken = 1;
    expect(inTime(999)).to.equal(false);
  });

  it('closes the snapshot that it is sent, once', () => {
    const peer = started();
    peer.close();
    let closed = 0;
    peer.snapshot = { close: () => closed++ } as unknown as Snapshot;
    peer.close();
    peer.close();
    expect([closed, peer.snapshot]).to.deep.equal([1, undefined]);
  });
});

function started(): Peer {
  const peer = new Peer(B, 1, 0);
  peer.start(0);
  return peer;
}
