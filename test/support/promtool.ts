/** Prometheus' own checks of what is written for it (Debian's prometheus package), where they are installed. */

import { spawnSync } from 'node:child_process';

/** What `promtool check metrics` has against a text of metrics, empty for nothing; undefined where there is no promtool. */
export function promtoolSays(metrics: string): string | undefined {
  const { error, status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: metrics,
    encoding: 'utf8',
  });
  if (error) return undefined;
  return status === 0 ? '' : `status ${status}: ${stdout}${stderr}`;
}
