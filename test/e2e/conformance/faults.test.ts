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
const STRIDE = 9;

/** Clients mostly wait, servents mostly work. */
const TOGETHER = { servent: 1, client: isAll ? 2 : 30, kv: 2, 'backup-agent': 2, rest: 2 };

for (const name of ['servent', 'client', 'kv', 'backup-agent', 'rest'] as const) {
  describe(`a plain ${name} with one fault breaks the rules that name it, and no others`, function () {
    this.timeout(15 * 60_000);

    const faults = Object.entries(FAULTS[name]).filter(([fault]) => isWanted(fault));
    const broken = new Map<string, string[]>();

    before(async function () {
      if (spawnSync('python3', ['--version']).error) this.skip();
      const next = faults.entries();
      const playNext = async (): Promise<void> => {
        for (const [at, [fault, own]] of next) {
          const words = plainProgram(`${name}.py`, PLACEHOLDERS[name], fault);
          broken.set(fault, brokenOf(await playCases(casesFor(name, own, at), words, 16)));
        }
      };
      await Promise.all(Array.from({ length: TOGETHER[name] }, playNext));
    });

    for (const [fault, own] of faults) {
      it(fault, () => expect(broken.get(fault)).to.have.members([...own]));
    }
  });
}

/** Overlays with servents of ours are left out: what they show of a fault, the smaller cases show too. */
function casesFor(name: string, own: readonly string[], at: number): Case[] {
  const { cases } = KINDS.find((kind) => kind.name === name)!;
  return cases.filter(
    ({ id }, i) => own.includes(id) || (!id.startsWith('overlay mixed') && (isAll || (i + at) % STRIDE === 0)),
  );
}
