/**
 * The proof that the kit can fail a program, and for the right reason: each small fault breaks exactly the rules that name it. By
 * default each is held to its own cases and some of the others; FAULTS=all holds it to all that one process can play, and
 * FAULTS=keeps-ttl,slow those faults alone.
 */

import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import type { Case } from '../../../conformance/case';
import { KINDS } from '../../../conformance/kinds';
import { FAULTS } from '../../support/conformance/faults';
import { brokenOf, PLACEHOLDERS, plainProgram, playCases } from '../../support/conformance/play';

const wanted = process.env['FAULTS'];
const isAll = wanted !== undefined;
const isWanted = (fault: string) => !isAll || wanted === 'all' || wanted.split(',').includes(fault);
/** Of the cases that a fault should not break, every so many-th is played. */
const STRIDE = 19;

type Name = keyof typeof PLACEHOLDERS;

/** Faults of a kind side by side: servents mostly work, and what stores do not do is waited for. */
const TOGETHER: Record<Name, number> = isAll
  ? { servent: 1, client: 2, documents: 3, kv: 2, 'backup-agent': 2, rest: 2 }
  : { servent: 1, client: 8, documents: 6, kv: 4, 'backup-agent': 4, rest: 5 };
const NAMES = Object.keys(PLACEHOLDERS) as Name[];

describe('a plain program with one fault breaks the rules that name it, and no others:', function () {
  this.timeout(15 * 60_000);
  // Rules of what comes in seconds are judged with many programs side by side: what comes out wrong is played again, alone, and told.
  this.retries(1);

  const faultsOf = (name: Name) => [
    ...Object.entries(FAULTS[name])
      .filter(([fault]) => isWanted(fault))
      .entries(),
  ];
  const broken = new Map<string, string[]>();

  const play = async (name: Name, [at, [fault, own]]: [number, [string, readonly string[]]]): Promise<string[]> => {
    const words = plainProgram(`${name}.py`, PLACEHOLDERS[name], fault);
    return brokenOf(await playCases(casesFor(name, own, at), words, 16));
  };

  const playAll = async (name: Name): Promise<void> => {
    const next = faultsOf(name).values();
    const playNext = async (): Promise<void> => {
      for (const one of next) broken.set(`${name} ${one[1][0]}`, await play(name, one));
    };
    await Promise.all(Array.from({ length: TOGETHER[name] }, playNext));
  };

  before(async function () {
    if (spawnSync('python3', ['--version']).error) this.skip();
    await Promise.all(NAMES.map(playAll));
  });

  for (const name of NAMES) {
    for (const one of faultsOf(name)) {
      const [, [fault, own]] = one;
      it(`${name} ${fault}`, async () => {
        const came = broken.get(`${name} ${fault}`) ?? (await play(name, one));
        if (!broken.delete(`${name} ${fault}`)) console.log(`      played again, alone: ${name} ${fault}`);
        expect(came).to.have.members([...own]);
      });
    }
  }
});

describe('the faults', () => {
  /** Whoever breaks one of these breaks others with it, or it needs a network namespace. */
  const UNNAMED = [
    ...[
      'overlay 1 starts',
      'overlay 4 CLIREQ 4 answers',
      'overlay 5 1 asks',
      'overlay 5 4 shows-value',
      'store 2 starts',
    ],
    ...['key-value 2 starts', 'backup 3 starts', 'backup 3 updates needed', 'backup 3 tar.gz', 'forms 1 starts'],
    ...['overlay 4 loopback-client told', 'overlay 4 loopback-client dropped'],
  ];

  it('name every rule but those that no program can break alone', () => {
    const named = new Set(Object.values(FAULTS).flatMap((faults) => Object.values(faults).flat()));
    const ids = KINDS.flatMap(({ cases }) => cases.map(({ id }) => id)).filter((id) => !id.startsWith('overlay mixed'));
    expect(ids.filter((id) => !named.has(id))).to.have.members(UNNAMED);
    expect([...named].filter((id) => !ids.includes(id))).to.deep.equal([]);
  });
});

/** Overlays with servents of ours are left out: what they show of a fault, the smaller cases show too. */
function casesFor(name: Name, own: readonly string[], at: number): Case[] {
  const { cases } = KINDS.find((kind) => kind.name === name)!;
  return cases.filter(
    ({ id }, i) => own.includes(id) || (!id.startsWith('overlay mixed') && (isAll || (i + at) % STRIDE === 0)),
  );
}
