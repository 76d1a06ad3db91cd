/**
 * Makes every figure and number of REPORT.md's discussion anew: `npm run report`. With `--check` it writes nothing, and fails
 * when what is there differs from what the code makes now.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { usageError } from '../shared/errors';
import { packageFolder } from '../shared/program/package-folder';
import { runMain } from '../shared/program/run-main';
import { makeReport } from './report';

const FOLDER = join(packageFolder(), 'report');

runMain('report', parseOptions, async ({ check }, streams) => {
  const files = await makeReport((what) => streams.progress(what));
  streams.progress('');
  const stale = [...figuresThere()].filter((path) => !files.has(path));
  if (!check) {
    for (const path of stale) rmSync(join(FOLDER, path));
    for (const [path, text] of files) write(join(FOLDER, path), text);
    streams.out(`report: wrote ${[...files.keys()].join(', ')}`);
    return 0;
  }
  const changed = [...files].filter(([path, text]) => read(join(FOLDER, path)) !== text).map(([path]) => path);
  for (const path of [...changed, ...stale]) streams.err(`report: ${path} differs from what the code makes now`);
  if (changed.length + stale.length > 0) streams.err('report: run "npm run report", and look at what changed');
  else streams.out(`report: all ${files.size} files are what the code makes`);
  return changed.length + stale.length > 0 ? 1 : 0;
});

function parseOptions(argv: readonly string[]): { options: { check: boolean } } {
  const other = argv.find((word) => word !== '--check');
  if (other !== undefined) throw usageError(`expected nothing or --check, got "${other}"`);
  return { options: { check: argv.length > 0 } };
}

function figuresThere(): string[] {
  const folder = join(FOLDER, 'figures');
  return existsSync(folder) ? readdirSync(folder).map((name) => `figures/${name}`) : [];
}

function read(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
