/** The conformance command's shell: hands each sub-command to the file of its name. */

import { interrupted, type Streams } from '../shared/program/run-main';
import { compare } from './compare';
import { grade } from './grade';
import { gradeBatch } from './grade-batch';
import { runInside } from './network/namespace';
import type { ConformanceOptions } from './options';
import { listLines } from './output/table';

/** Runs the command. Gives the exit status: 0 only when every rule of the class must holds. */
export async function run(options: ConformanceOptions, streams: Streams): Promise<number> {
  switch (options.command) {
    case 'list':
      listLines(options.cases, options.json).forEach(streams.out);
      return 0;
    case 'compare':
      return compare(options, streams);
    case 'grade': {
      const inside = options.sharedNetwork ? undefined : await runInside(streams);
      if (inside !== undefined) return inside;
      return Promise.race([
        interrupted(streams),
        options.batch === undefined ? grade(options, streams) : gradeBatch(options, streams),
      ]);
    }
  }
}
