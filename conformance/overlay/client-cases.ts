/** Section 5 of the overlay's specification: what a client asks, how long it waits, and what it shows. */

import { setTimeout as sleep } from 'node:timers/promises';
import { formatEndpoint } from '../../shared/endpoint';
import type { Case } from '../case';
import { same, Unmet } from '../unmet';
import { type ClientScene, clientCase } from './client-scene';
import { aClireq, bytesOf, response, shown } from './messages';
import type { Heard } from './peer';

/** A wait of 4 seconds, seen from outside: what is earlier or later than these is no such wait, milliseconds. */
const FOUR_SECONDS = { from: 3500, to: 6000 };
/** Where a rule says nothing of when: a question has long ended then, and who shows all at its end has done so. */
const ENDED_MS = 10_000;
/** Behind the two waits of a question that nobody answers. */
const BOTH_WAITS_MS = 8600;

export const CLIENT_CASES: readonly Case[] = [
  clientCase({
    id: 'overlay 5 1 asks',
    class: 'must',
    rule: 'A client reads a key, and sends a CLIREQ to its contact servent.',
    async scene(scene) {
      await scene.asks('ssh');
    },
  }),
  clientCase({
    id: 'overlay 3 CLIREQ',
    class: 'must',
    rule: 'A CLIREQ is type 1 and the key; nothing ends its text but the datagram.',
    async scene(scene) {
      scene.types('ssh\n');
      const { contact, ground } = scene;
      await scene.subject.within(ground.terms.startMs, () => contact.heard.length > 0);
      same('the datagram', shown(contact.heard[0]?.bytes ?? 'none'), shown(bytesOf('\0\x01ssh')));
    },
  }),
  clientCase({
    id: 'overlay 5 2 once-more',
    class: 'must',
    rule: 'When nothing came for 4 seconds, the CLIREQ is sent once more.',
    async scene(scene) {
      const first = await scene.asks('ssh');
      const second = await scene.contact.hears(aClireq('ssh'), FOUR_SECONDS.to);
      const ms = second.heard.atMs - first.heard.atMs;
      if (ms < FOUR_SECONDS.from) throw new Unmet('the CLIREQ once more behind 4 s', `it behind ${ms.toFixed(0)} ms`);
    },
  }),
  clientCase({
    id: 'overlay 5 2 never-more',
    class: 'must',
    rule: 'Never more than one retransmission.',
    async scene(scene) {
      const first = await scene.asks('ssh');
      await scene.after(3 * 4000 + 1000, first);
      same('CLIREQs, at most two:', Math.max(2, scene.timesAsked('ssh')), 2);
    },
  }),
  clientCase({
    id: 'overlay 5 2 not-once-answered',
    class: 'must',
    rule: 'No retransmission once a response came.',
    async scene(scene) {
      const first = await scene.asks('ssh');
      await scene.after(500, first);
      scene.answers('ssh', '22/tcp');
      await scene.after(8000, first);
      same('CLIREQs', scene.timesAsked('ssh'), 1);
    },
  }),
  clientCase({
    id: 'overlay 5 2 second-wait',
    class: 'must',
    rule: 'Behind the retransmission it waits 4 seconds again: what comes then is shown.',
    async scene(scene) {
      const first = await scene.asks('ssh');
      await scene.after(7000, first);
      scene.answers('ssh', 'late-value');
      await scene.shows('late-value', ENDED_MS);
    },
  }),
  clientCase({
    id: 'overlay 5 3 listens-on',
    class: 'must',
    rule: 'Behind a first response it listens on: the next is shown too.',
    async scene(scene) {
      const first = await scene.asks('ssh');
      scene.answers('ssh', 'first-value');
      await scene.after(500, first);
      scene.far.says(response('ssh', 'second-value'));
      await scene.shows('second-value', ENDED_MS);
    },
  }),
  clientCase({
    id: 'overlay 5 3 restarts',
    class: 'must',
    rule: 'Each response restarts the 4 seconds.',
    async scene(scene) {
      const first = await scene.asks('ssh');
      await scene.after(2000, first);
      scene.answers('ssh', 'first-value');
      await scene.after(5000, first);
      scene.far.says(response('ssh', 'second-value'));
      await scene.after(8000, first);
      scene.far.says(response('ssh', 'third-value'));
      await scene.shows('third-value', ENDED_MS);
    },
  }),
  clientCase({
    id: 'overlay 5 3 ends',
    class: 'must',
    rule: 'When 4 seconds pass without another response the question has ended: the next key is asked.',
    async scene(scene) {
      const first = await scene.asks('ssh');
      scene.answers('ssh', '22/tcp');
      // A client may drop what is typed while a question waits: it is typed when that is over, and again.
      for (let at = 4300; at <= 5300 && !scene.contact.hasHeard(aClireq('domain')); at += 1000) {
        await scene.after(at, first);
        scene.types('domain\n');
      }
      await scene.contact.hears(aClireq('domain'), 1200);
    },
  }),
  clientCase({
    id: 'overlay 5 4 shows-value',
    class: 'must',
    rule: 'A response is shown.',
    async scene(scene) {
      await scene.asks('ssh');
      scene.answers('ssh', '22/tcp  # The Secure Shell');
      await scene.shows('22/tcp  # The Secure Shell', ENDED_MS);
    },
  }),
  clientCase({
    id: 'overlay 5 4 as-it-comes',
    class: 'must',
    rule: 'A response is shown as it comes, not when the question ends.',
    async scene(scene) {
      await scene.asks('ssh');
      scene.answers('ssh', 'early-value');
      await scene.shows('early-value', 2500);
    },
  }),
  clientCase({
    id: 'overlay 5 4 shows-sender',
    class: 'must',
    rule: 'A response is shown with the ip:port that sent it.',
    async scene(scene) {
      await scene.asks('ssh');
      scene.far.says(response('ssh', '22/tcp'));
      await scene.shows(formatEndpoint(scene.far.endpoint), ENDED_MS);
    },
  }),
  clientCase({
    id: 'overlay 5 4 every-response',
    class: 'must',
    rule: 'Each response is shown, also where two servents send the same value.',
    async scene(scene) {
      await scene.asks('ssh');
      scene.answers('ssh', 'same-value');
      scene.far.says(response('ssh', 'same-value'));
      await scene.subject.within(ENDED_MS, () => scene.subject.output().split('same-value').length > 2);
      await sleep(200);
      scene.hasShown('same-value', 2);
    },
  }),
  clientCase({
    id: 'overlay 5 4 says-none',
    class: 'must',
    rule: 'At the end it says that there were no responses.',
    async scene(scene) {
      const first = await scene.asks('ssh');
      await saysSomething(scene, BOTH_WAITS_MS, first);
    },
  }),
  clientCase({
    id: 'overlay 5 4 says-no-more',
    class: 'must',
    rule: 'At the end it says that there are no more responses.',
    async scene(scene) {
      const first = await scene.asks('ssh');
      scene.answers('ssh', '22/tcp');
      await scene.after(1000, first);
      await saysSomething(scene, 4600, first);
    },
  }),
  clientCase({
    id: 'overlay 5 5 other-key',
    class: 'reordering',
    rule: 'A response for another key, such as a late one, is not shown as an answer to this question.',
    async scene(scene) {
      await scene.asks('ssh');
      scene.answers('domain', 'foreign-value');
      scene.answers('ssh', 'own-value');
      await scene.shows('own-value', ENDED_MS);
      await sleep(300);
      scene.hasShown('foreign-value', 0);
    },
  }),
  clientCase({
    id: 'overlay 5 5 twice',
    class: 'reordering',
    rule: 'The same answer twice, a copy that the network made, is shown once.',
    async scene(scene) {
      await scene.asks('ssh');
      scene.answers('ssh', 'copied-value');
      scene.answers('ssh', 'copied-value');
      scene.answers('ssh', 'last-value');
      await scene.shows('last-value', ENDED_MS);
      scene.hasShown('copied-value', 1);
    },
  }),
  clientCase({
    id: 'overlay 5 6 own-socket',
    class: 'reordering',
    rule: 'Each question uses a socket of its own, so that late answers do not reach the next question.',
    async scene(scene) {
      const first = await scene.asks('ssh');
      scene.answers('ssh', '22/tcp');
      await scene.after(5500, first);
      const second = await scene.asks('domain');
      same('another port', second.heard.from === first.heard.from ? 'the same' : 'yes', 'yes');
    },
  }),
  clientCase({
    id: 'overlay 5 6 many',
    class: 'survival',
    rule: 'One question can bring more than 900 answers: all are shown.',
    async scene(scene) {
      await scene.asks('ssh');
      for (let i = 1; i <= 900; i++) {
        scene.answers('ssh', `value-${i};`);
        if (i % 50 === 0) await sleep(5);
      }
      const missing = () => Array.from({ length: 900 }, (_, i) => `value-${i + 1};`).filter((value) => !scene.subject.output().includes(value)); // biome-ignore format: one sentence
      await scene.subject.within(ENDED_MS, () => missing().length === 0);
      same('values not shown', missing().length, 0);
    },
  }),
  clientCase({
    id: 'overlay 5 7 trimmed',
    class: 'survival',
    rule: 'A key typed with blanks around it is trimmed.',
    async scene(scene) {
      await scene.asks('ssh', '  ssh\t ');
      const text = Buffer.from(scene.contact.heard[0]!.bytes.subarray(2)).toString('latin1');
      same('the key', shown(text.replace(/[\0\r\n]+$/, '')), 'ssh');
    },
  }),
  clientCase({
    id: 'overlay 5 7 blank-inside',
    class: 'survival',
    rule: 'A key with a blank inside cannot exist: it is refused, not asked for.',
    async scene(scene) {
      scene.types('two words\n');
      await scene.asks('ssh').catch(() => undefined);
      same('CLIREQs for it', scene.timesAsked('two words') + scene.timesAsked('two'), 0);
    },
  }),
  clientCase({
    id: 'overlay 5 8 end-of-input',
    class: 'survival',
    rule: 'The end of input ends the program.',
    async scene(scene) {
      await scene.asks('ssh');
      scene.answers('ssh', '22/tcp');
      scene.subject.closesInput();
      await scene.subject.within(ENDED_MS, () => scene.subject.status !== undefined);
      same('ended', scene.subject.status === undefined ? 'no' : 'yes', 'yes');
    },
  }),
  clientCase({
    id: 'overlay 5 9 escaped',
    class: 'survival',
    rule: 'Control characters that peers send are never shown raw.',
    async scene(scene) {
      await scene.asks('ssh');
      scene.answers('ssh', 'red\x1b[31m\x07bell\r!end');
      await scene.shows('end', ENDED_MS);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
      const raw = /\x1b\[31m|[\x07\x00]|\r!/.test(scene.subject.output());
      same('control characters', raw ? `raw: ${scene.printed()}` : 'escaped', 'escaped');
    },
  }),
  clientCase({
    id: 'overlay 5 9 tab',
    class: 'survival',
    rule: 'A TAB inside a value is part of it, and shown as it is.',
    async scene(scene) {
      await scene.asks('ssh');
      scene.answers('ssh', '22/tcp\t# The Secure Shell');
      await scene.shows('22/tcp\t# The Secure Shell', ENDED_MS);
    },
  }),
  clientCase({
    id: 'overlay 3 NUL RESPONSE',
    class: 'survival',
    rule: 'A text ends at its first NUL: the value before it is shown, the NUL never.',
    async scene(scene) {
      await scene.asks('ssh');
      scene.answers('ssh', 'ended-value', '\0garbage');
      await scene.shows('ended-value', ENDED_MS);
      await sleep(200);
      const output = scene.subject.output();
      same('what follows', /garbage|\0/.test(output) ? scene.printed() : 'not shown', 'not shown');
    },
  }),
  clientCase({
    id: 'overlay 3 no-TAB RESPONSE',
    class: 'survival',
    rule: 'A RESPONSE without a TAB is the value alone, for the key that was asked.',
    async scene(scene) {
      await scene.asks('ssh');
      scene.answers(undefined, 'bare-value');
      await scene.shows('bare-value', ENDED_MS);
    },
  }),
  clientCase({
    id: 'overlay 3 malformed answers',
    class: 'survival',
    rule: 'A datagram that is no RESPONSE is dropped: what comes behind it is still shown.',
    async scene(scene) {
      await scene.asks('ssh');
      for (const text of ['', '\0', '\0\x03', '\0\x03\tnothing', '\0\x07odd', '\0\x01ssh', '\0\x03\xff\xfe\x80\tx'])
        scene.contact.says(bytesOf(text));
      scene.answers('ssh', 'right-value');
      await scene.shows('right-value', ENDED_MS);
    },
  }),
];

/** What it says at the end of a question cannot be known: only that there are words, and not those of a prompt seen before. */
async function saysSomething(scene: ClientScene, endMs: number, first: { heard: Heard }): Promise<void> {
  await scene.after(endMs - 1600, first);
  const before = scene.subject.output();
  const isNew = (line: string) => /\p{L}{2,}/u.test(line) && !before.includes(line.trim());
  const says = () => scene.subject.output().slice(before.length).split('\n').some(isNew); // biome-ignore format: one sentence
  await scene.after(endMs, first);
  if (!(await scene.subject.within(scene.ground.terms.patienceMs, says)))
    throw new Unmet('words at the end of the question', scene.printed());
}
