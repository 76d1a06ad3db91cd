/** Prometheus' own checks of what is written for it (Debian's prometheus package), where they are installed. */

import { spawnSync } from 'node:child_process';

/** What `promtool check ...` has against a text or against files, empty for nothing; undefined where there is no promtool. */
export function promtoolSays(check: readonly string[], input = ''): string | undefined {
  const { error, status, stdout, stderr } = spawnSync('promtool', ['check', ...check], { input, encoding: 'utf8' });
  if (error) return undefined;
  return status === 0 ? '' : `status ${status}: ${stdout}${stderr}`;
}
