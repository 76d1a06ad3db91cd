/** The page's state: what the server tells and the person does, one after another. */

import { expect } from 'chai';
import { type Action, FIRST_STATE, reduce, type State, shownOf } from '../../../../lab/page/state';
import type { Copy, LabEvent, OverlayView, QuestionView } from '../../../../lab/view';
import { copy } from '../../../support/lab/copies';

const QUESTION: QuestionView = { id: 1, key: 'k', contact: 's1', own: true, copies: [], answers: [], end: null };
const OVERLAY = { name: 'line', servents: [{ name: 's1' }], links: [] } as unknown as OverlayView;

describe("the page's state", () => {
  const stateAfter = (...actions: Action[]): State => actions.reduce(reduce, FIRST_STATE);
  const heard = (...events: LabEvent[]): Action => ({ kind: 'heard', events });
  const flood = (...copies: Copy[]): LabEvent[] => copies.map((one) => ({ kind: 'copy', question: 1, copy: one }));
  const asked: LabEvent = { kind: 'asked', question: QUESTION };

  it('shows a new question, and plays it from its beginning', () => {
    const state = stateAfter(heard({ kind: 'overlay', overlay: OVERLAY }, asked));
    expect(state).to.include({ shown: 1, beat: 0, playing: true });
    expect(shownOf(state)!.key).to.equal('k');
  });

  it('takes in datagrams, each once: what is told again replaces what was told', () => {
    const lost = { ...copy(1, 's1', 's2'), fate: 'lost' } as const;
    const state = stateAfter(
      heard(asked, ...flood(copy(0, 'client', 's1'), copy(1, 's1', 's2'))),
      heard(...flood(lost)),
    );
    expect(shownOf(state)!.copies.map(({ id, fate }) => [id, fate])).to.deep.equal([
      [0, 'came'],
      [1, 'lost'],
    ]);
  });

  it('keeps what belongs to other questions apart', () => {
    const other = { ...QUESTION, id: 2 };
    const state = stateAfter(heard(asked, ...flood(copy(0, 'client', 's1')), { kind: 'asked', question: other }, ...flood(copy(1, 's1', 's2')))); // biome-ignore format: one sentence
    expect(state.questions.map(({ copies }) => copies.length)).to.deep.equal([2, 0]);
  });

  it('plays at its speed to the end, and waits there while more may come', () => {
    const playing = stateAfter(heard(asked, ...flood(copy(0, 'client', 's1'), copy(1, 's1', 's2', { cause: 0 }))));
    const half = reduce(reduce(playing, { kind: 'speed', speed: 2 }), { kind: 'passed', seconds: 0.5 });
    expect(half).to.include({ beat: 1, playing: true });
    const end = reduce(half, { kind: 'passed', seconds: 10 });
    expect(end).to.include({ beat: 2, playing: true });
    const ended = reduce(end, heard({ kind: 'ended', question: 1, end: { words: '', ms: 1 } }));
    expect(reduce(ended, { kind: 'passed', seconds: 1 })).to.include({ beat: 2, playing: false });
  });

  it('stops where the person goes, within the flood, and plays from the beginning after its end', () => {
    const state = stateAfter(heard(asked, ...flood(copy(0, 'client', 's1'))));
    expect(reduce(state, { kind: 'seek', beat: 99 })).to.include({ beat: 1, playing: false });
    expect(reduce(state, { kind: 'seek', beat: -1 })).to.include({ beat: 0 });
    const again = reduce(reduce(state, { kind: 'seek', beat: 1 }), { kind: 'play', playing: true });
    expect(again).to.include({ beat: 0, playing: true });
  });

  it('is the same object where nothing moves, so that nothing is drawn', () => {
    const state = stateAfter(heard({ kind: 'overlay', overlay: OVERLAY }));
    expect(reduce(state, { kind: 'passed', seconds: 1 })).to.equal(state);
  });

  it('forgets what was before when it hears all anew, and a chosen servent that is gone', () => {
    const state = stateAfter(
      heard({ kind: 'overlay', overlay: OVERLAY }, asked),
      { kind: 'choose', servent: 's1' },
      heard({ kind: 'questions', questions: [] }, { kind: 'overlay', overlay: { ...OVERLAY, servents: [] } }),
    );
    expect(state).to.include({ shown: undefined, chosen: undefined });
    expect(state.questions).to.deep.equal([]);
  });

  it('keeps the latest twenty questions and fifty notes', () => {
    const events = Array.from({ length: 60 }, (_, i): LabEvent[] => [
      { kind: 'asked', question: { ...QUESTION, id: i } },
      { kind: 'note', text: String(i) },
    ]).flat();
    const { questions, notes } = stateAfter(heard(...events));
    expect([questions.length, questions[0]!.id, notes.length, notes[0]]).to.deep.equal([20, 40, 50, '10']);
  });
});
