import { expect } from 'chai';
import type { HashKey } from '../../../servent/half-siphash';
import { OWN_QUERY_TTL, SeenQueries, type Sighting } from '../../../servent/seen-queries';
import { type SeenRoom, SharedRoom } from '../../../servent/seen-room';
import { type Draws, seeded } from '../../support/seeded';

const KEY: HashKey = [0x01234567, 0x89abcdef];
const AGE_MS = 1000;

/** The memory, asked for queries by number: its identity is the number in eight bytes. */
class Memory extends SeenQueries {
  readonly #bytes = new Float64Array(1);
  readonly #view = new Uint8Array(this.#bytes.buffer);

  constructor(seenMax: number, seenAgeMs = AGE_MS, room?: SeenRoom) {
    super({ seenMax, seenAgeMs }, KEY, room);
  }

  see(query: number, ttl = 3, nowMs = 0): Sighting {
    this.#bytes[0] = query;
    return this.note(this.#view, 0, 8, ttl, nowMs);
  }
}

/** The same memory, plainly: a Map keeps the order of arrival. */
class PlainMemory {
  readonly seenMax: number;
  readonly seenAgeMs: number;
  readonly #seen = new Map<number, { ttl: number; atMs: number }>();

  constructor(seenMax: number, seenAgeMs = AGE_MS) {
    this.seenMax = seenMax;
    this.seenAgeMs = seenAgeMs;
  }

  get count(): number {
    return this.#seen.size;
  }

  see(query: number, ttl: number, nowMs: number): Sighting {
    for (const [old, { atMs }] of this.#seen) {
      if (Math.floor(nowMs) - atMs > this.seenAgeMs) this.#seen.delete(old);
    }
    const known = this.#seen.get(query);
    if (known) {
      if (ttl <= known.ttl) return 'seen';
      known.ttl = ttl;
      return 'higher';
    }
    if (this.#seen.size === this.seenMax) this.#seen.delete([...this.#seen.keys()][0]!);
    this.#seen.set(query, { ttl, atMs: Math.floor(nowMs) });
    return 'first';
  }
}

describe('SeenQueries', () => {
  it('knows a query again, and tells a higher ttl from the same or a lower one', () => {
    const memory = new Memory(10);
    expect([2, 2, 1, 3, 3, 2, 0].map((ttl) => memory.see(1, ttl))).to.deep.equal([
      'first',
      'seen',
      'seen',
      'higher',
      'seen',
      'seen',
      'seen',
    ]);
    expect(memory.count).to.equal(1);
  });

  it('takes no ttl of a copy as higher than that of a query of our own', () => {
    const memory = new Memory(10);
    expect(memory.see(1, OWN_QUERY_TTL)).to.equal('first');
    for (let ttl = 0; ttl <= OWN_QUERY_TTL; ttl++) expect(memory.see(1, ttl)).to.equal('seen');
  });

  it('climbs through every ttl from 0', () => {
    const memory = new Memory(10);
    memory.see(1, 0);
    for (let ttl = 1; ttl <= OWN_QUERY_TTL; ttl++) expect(memory.see(1, ttl)).to.equal('higher');
  });

  it('tells queries apart by each of their bytes, and by their length', () => {
    const memory = new Memory(1000);
    const bytes = new Uint8Array(64);
    for (let length = 1; length <= 64; length++) expect(memory.note(bytes, 0, length, 3, 0)).to.equal('first');
    for (let i = 0; i < 64; i++) {
      bytes[i] = 1;
      expect(memory.note(bytes, 0, 64, 3, 0)).to.equal('first');
      bytes[i] = 0;
    }
    expect(memory.note(bytes, 3, 64, 3, 0)).to.equal('seen');
  });

  describe('bounded in entries', () => {
    it('the oldest goes first, also after the ring has wrapped', () => {
      const memory = new Memory(20);
      for (let query = 0; query < 70; query++) {
        expect(memory.see(query)).to.equal('first');
        expect(memory.count).to.equal(Math.min(query + 1, 20));
      }
      for (let query = 50; query < 70; query++) expect(memory.see(query)).to.equal('seen');
      expect(memory.see(49)).to.equal('first');
      expect(memory.see(50)).to.equal('first');
    });

    it('being seen again does not make a query younger', () => {
      const memory = new Memory(2);
      for (const query of [1, 2, 1, 3]) memory.see(query);
      expect(memory.see(2)).to.equal('seen');
      expect(memory.see(1)).to.equal('first');
    });

    it('of one entry: the last query alone', () => {
      const memory = new Memory(1);
      expect([1, 1, 2, 2, 1].map((query) => memory.see(query))).to.deep.equal([
        'first',
        'seen',
        'first',
        'seen',
        'first',
      ]);
      expect(memory.count).to.equal(1);
    });

    it('grows only when what fills it is still remembered', () => {
      const memory = new Memory(1_000_000);
      const small = memory.byteLength;
      for (let query = 0; query < 1000; query++) memory.see(query, 3, query * AGE_MS);
      expect(memory.byteLength).to.equal(small);
    });

    it('takes at most 48 bytes an entry at a million entries', () => {
      const memory = new Memory(1_000_000);
      for (let query = 0; query < 1_000_000; query++) memory.see(query);
      expect(memory.count).to.equal(1_000_000);
      expect(memory.byteLength / 1_000_000).to.be.at.most(48);
      memory.see(1_000_000);
      expect(memory.count).to.equal(1_000_000);
      expect(memory.see(0)).to.equal('first');
      expect(memory.see(999_999)).to.equal('seen');
    }).timeout(20_000);
  });

  describe('bounded in age', () => {
    it('a query is remembered for its age and no longer, from time 0 on', () => {
      const memory = new Memory(10);
      memory.see(1, 3, 0);
      expect(memory.see(1, 3, AGE_MS)).to.equal('seen');
      expect(memory.see(1, 3, AGE_MS + 1)).to.equal('first');
    });

    it('being seen again, or with a higher ttl, does not make it last longer', () => {
      const memory = new Memory(10);
      memory.see(1, 1, 0);
      memory.see(1, 3, AGE_MS - 1);
      expect(memory.see(1, 3, AGE_MS + 1)).to.equal('first');
    });

    it('those too old leave at the next note', () => {
      const memory = new Memory(100);
      for (let query = 0; query < 50; query++) memory.see(query, 3, query);
      memory.see(50, 3, AGE_MS + 20);
      expect(memory.count).to.equal(31);
      memory.see(51, 3, 10 * AGE_MS);
      expect(memory.count).to.equal(1);
    });

    it('time need not be a whole number of milliseconds', () => {
      const memory = new Memory(10);
      memory.see(1, 3, 0.75);
      expect(memory.see(1, 3, 0.8)).to.equal('seen');
      expect(memory.see(1, 3, AGE_MS + 0.9)).to.equal('seen');
      expect(memory.see(1, 3, AGE_MS + 1.8)).to.equal('first');
    });

    it('holds when the milliseconds pass 2^32, as they do after 49.7 days', () => {
      const wrap = 2 ** 32;
      const memory = new Memory(10);
      memory.see(1, 3, wrap - 10.5);
      expect(memory.see(1, 3, wrap + 5.25)).to.equal('seen');
      expect(memory.see(2, 3, wrap)).to.equal('first');
      expect(memory.see(1, 3, wrap + AGE_MS)).to.equal('first');
      expect(memory.see(2, 3, wrap + AGE_MS)).to.equal('seen');
      expect(memory.see(2, 3, wrap + AGE_MS + 1)).to.equal('first');
    });

    it('of 2^31 ms, the longest, is kept', () => {
      const memory = new Memory(10, 2 ** 31);
      memory.see(1, 3, 5);
      expect(memory.see(1, 3, 2 ** 31 + 5)).to.equal('seen');
      expect(memory.see(1, 3, 2 ** 31 + 6)).to.equal('first');
    });

    it('of 0 ms: the same millisecond alone', () => {
      const memory = new Memory(10, 0);
      memory.see(1, 3, 7);
      expect(memory.see(1, 3, 7)).to.equal('seen');
      expect(memory.see(1, 3, 8)).to.equal('first');
    });
  });

  describe('is what a plain Map with bounds would be', () => {
    for (const seenMax of [1, 2, 3, 7, 8, 9, 31, 64, 100]) {
      it(
        `with at most ${seenMax} entries`,
        seeded((random) => {
          for (let run = 0; run < 20; run++) compare(random, seenMax, 1);
        }),
      );
    }

    it(
      'each of many that stand side by side',
      seeded((random) => {
        for (let run = 0; run < 20; run++) compare(random, 1 + random.below(20), 2 + random.below(4), new SharedRoom());
      }),
    );
  });
});

/** Holds memories with at most so many entries, as many of them as `count` says, to plain ones. */
function compare({ below, pick, bits }: Draws, seenMax: number, count: number, room?: SeenRoom): void {
  const memories = Array.from({ length: count }, () => ({
    memory: new Memory(seenMax, AGE_MS, room),
    plain: new PlainMemory(seenMax),
  }));
  const queries = 1 + below(seenMax * 3);
  const pace = pick([0, 1, 10, 300, 2 * AGE_MS]);
  // Some runs start just before the milliseconds pass 2^32.
  let nowMs = below(2) === 0 ? 0 : 2 ** 32 - below(3000);
  for (let step = 0; step < 500 * count; step++) {
    nowMs += below(4) === 0 ? ((bits() >>> 0) / 2 ** 32) * pace : 0;
    if (below(200) === 0) nowMs += 3 * AGE_MS;
    const { memory, plain } = pick(memories);
    const query = below(queries);
    const ttl = below(OWN_QUERY_TTL + 1);
    const where = `step ${step}: query ${query} with ttl ${ttl} at ${nowMs} ms`;
    if (memory.see(query, ttl, nowMs) !== plain.see(query, ttl, nowMs)) throw new Error(`another sighting in ${where}`);
    if (memory.count !== plain.count) throw new Error(`${memory.count} entries instead of ${plain.count} in ${where}`);
  }
}

describe('SharedRoom', () => {
  it(
    'gives each word to one memory, and all of them empty',
    seeded(({ below }) => {
      const room = new SharedRoom();
      const taken = Array.from({ length: 3000 }, (_, i) => {
        const length = below(500) === 0 ? 1_000_000 : below(2000);
        const { array, at } = room.take(length);
        const words = array.subarray(at, at + length);
        if (words.length !== length || words.some((word) => word !== 0))
          throw new Error(`the words of ${i} are no room`);
        return words.fill(i + 1);
      });
      for (const [i, words] of taken.entries()) {
        if (words.some((word) => word !== i + 1)) throw new Error(`words of ${i} are another's too`);
      }
    }),
  );

  it('shares few arrays among many', () => {
    const room = new SharedRoom();
    expect(new Set(Array.from({ length: 60_000 }, () => room.take(16).array)).size).to.equal(1);
  });
});
