/** A program with the frame of all programs, that ends as its first word says: for the frame's own tests. */

import { OperatorError, usageError } from '../../shared/errors';
import { interrupted, runMain } from '../../shared/program/run-main';

runMain<string>(
  'frame-program',
  ([word = '']) => {
    if (word === 'help') return { text: 'what it does' };
    if (word === 'misuse') throw usageError('expected a word, got "misuse\u001b[31m"');
    return { options: word };
  },
  async (word, streams) => {
    const signal = word === 'wait' ? interrupted(streams) : undefined;
    streams.out(`results of ${word}`);
    streams.progress('shown in a terminal alone');
    if (word === 'fail') throw new OperatorError('file', 'expected a file, got none');
    if (word === 'bug') throw new TypeError('this is ours');
    if (word === 'many') for (let i = 0; i < 100_000; i++) streams.out(`line ${i}`);
    if (!signal) return word === 'status' ? 3 : 0;
    // Alive until a signal comes.
    const alive = setInterval(() => {}, 1000);
    return signal.finally(() => clearInterval(alive));
  },
);
