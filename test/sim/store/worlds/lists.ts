/** Lists, to which values are appended: every read shows the order of all writes. Kept by the list machine. */

import type { Random } from '../../../../simulator/random';
import type { Asked, Subject } from './subject';

export function listsOf(count: number): Subject {
  const draw = (random: Random): string => `list ${random.below(count)}`;
  return {
    drawWrite(random, value): Asked {
      const object = draw(random);
      return { object, input: { kind: 'append', value }, operation: ['append', object, value] };
    },
    drawRead(random): Asked {
      const object = draw(random);
      return { object, input: { kind: 'find', value: 0 }, operation: ['read', object] };
    },
    meant([name, object, value]) {
      if (name !== 'append') return undefined;
      return { object: object as string, input: { kind: 'append', value: value as number } };
    },
    told: (_input, [, content]) => JSON.stringify(content),
    perform(state, { kind, value }) {
      const list = (state ?? []) as number[];
      return kind === 'append' ? [[...list, value], String(list.length + 1)] : [state, JSON.stringify(list)];
    },
  };
}
