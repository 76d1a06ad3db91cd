/**
 * Is a history linearizable: can each operation be given one moment between its call and its return, so that one after the other
 * they give the results seen? Wing and Gong's search, with Lowe's memory of what was tried ("Testing for linearizability", 2017).
 */

export interface Operation<Input, Output> {
  input: Input;
  /** Undefined where nobody knows: then `returnMs` is Infinity, for it may take effect at any time, or never. */
  output: Output | undefined;
  callMs: number;
  returnMs: number;
}

/** What a sequential object does. */
export interface Model<State, Input, Output> {
  initial: State;
  /** The state after an operation with this result; undefined when it cannot have this result. */
  step(state: State, input: Input, output: Output | undefined): State | undefined;
  /** Equal for equal states, and for no others. */
  key(state: State): string;
}

/** One end of an operation, in a list from which the search takes operations out and puts them back. */
interface End<Input, Output> {
  operation: Operation<Input, Output>;
  number: number;
  isCall: boolean;
  /** Of a call: where it returns; undefined where it never does. */
  match: End<Input, Output> | undefined;
  before: End<Input, Output> | undefined;
  after: End<Input, Output> | undefined;
}

/** @throws Error when it cannot be decided within `stepsMax` steps */
export function isLinearizable<State, Input, Output>(
  history: readonly Operation<Input, Output>[],
  model: Model<State, Input, Output>,
  stepsMax = 2_000_000,
): boolean {
  const head = listOf(history);
  const done = new Uint8Array(history.length);
  const tried = new Set<string>();
  const taken: { call: End<Input, Output>; state: State }[] = [];
  let open = history.filter(({ returnMs }) => returnMs < Number.POSITIVE_INFINITY).length;
  let state = model.initial;
  let at = head.after;
  for (let steps = 0; open > 0; steps++) {
    if (steps > stepsMax) throw new Error(`not decided within ${stepsMax} steps`);
    if (at?.isCall) {
      const next = model.step(state, at.operation.input, at.operation.output);
      done[at.number] = 1;
      const key = next === undefined ? '' : `${Buffer.from(done).toString('latin1')}${model.key(next)}`;
      if (next !== undefined && !tried.has(key)) {
        tried.add(key);
        taken.push({ call: at, state });
        state = next;
        if (at.match) open--;
        lift(at);
        at = head.after;
      } else {
        done[at.number] = 0;
        at = at.after;
      }
      continue;
    }
    // A return whose operation has not been given its moment, or the end: go back.
    const last = taken.pop();
    if (!last) return false;
    if (last.call.match) open++;
    done[last.call.number] = 0;
    state = last.state;
    unlift(last.call);
    at = last.call.after;
  }
  return true;
}

/** Calls and returns by time; at the same time calls stand first, for they may have overlapped. */
function listOf<Input, Output>(history: readonly Operation<Input, Output>[]): End<Input, Output> {
  const ends: { atMs: number; end: End<Input, Output> }[] = [];
  history.forEach((operation, number) => {
    const end = (isCall: boolean): End<Input, Output> => {
      return { operation, number, isCall, match: undefined, before: undefined, after: undefined };
    };
    const call = end(true);
    ends.push({ atMs: operation.callMs, end: call });
    if (operation.returnMs === Number.POSITIVE_INFINITY) return;
    call.match = end(false);
    ends.push({ atMs: operation.returnMs, end: call.match });
  });
  ends.sort((one, other) => one.atMs - other.atMs || Number(other.end.isCall) - Number(one.end.isCall));
  const head = { isCall: false } as End<Input, Output>;
  let before = head;
  for (const { end } of ends) {
    end.before = before;
    before.after = end;
    before = end;
  }
  return head;
}

function lift<Input, Output>(call: End<Input, Output>): void {
  for (const end of [call, call.match]) {
    if (!end) continue;
    end.before!.after = end.after;
    if (end.after) end.after.before = end.before;
  }
}

function unlift<Input, Output>(call: End<Input, Output>): void {
  for (const end of [call.match, call]) {
    if (!end) continue;
    end.before!.after = end;
    if (end.after) end.after.before = end;
  }
}
