/** What the benchmark makes in its folder before it measures: compiled helpers and key-value files. */

import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** The digits of a generated key; the load generator reads them. */
const KEY_DIGITS = 7;

/** Compiles a C file of this folder; gives the program's path, or undefined when there is no compiler. */
export function compileC(name: string, folder: string): string | undefined {
  if (!which('cc')) return undefined;
  const program = join(folder, name);
  execFileSync('cc', ['-O2', '-o', program, join(__dirname, `${name}.c`)], { stdio: ['ignore', 'ignore', 'inherit'] });
  return program;
}

/** Makes JavaScript of a TypeScript file that imports nothing of ours, so that it starts as fast as the rest. */
export function compileTs(name: string, folder: string, from = __dirname): string {
  const source = readFileSync(join(from, `${name}.ts`), 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const program = join(folder, `${name}.js`);
  writeFileSync(program, outputText);
  return program;
}

/** The path of an installed program, also of a server that only the superuser's path lists. */
export function which(program: string): string | undefined {
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`;
  try {
    return execFileSync('sh', ['-c', `command -v ${program}`], { env: { PATH: path }, encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** Bytes free in a folder's file system. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** The key with a number: `key0000042`. */
export function keyOf(number: number): string {
  return `key${String(number).padStart(KEY_DIGITS, '0')}`;
}

/** The value of a key, which begins with a letter that tells a file's version: some 40 bytes a line in all. */
export function valueFor(letter: string, number: number): string {
  return `${letter}${keyOf(number)} 10.0.${number & 255}.1 port 53`;
}

/** Writes a key-value file of `count` pairs, whose keys have so many lengths by turns. */
export function writePairs(path: string, count: number, letter: string, lengths = 1): void {
  const file = openSync(path, 'w');
  try {
    for (let first = 0; first < count; first += 50_000) {
      let text = '';
      for (let i = first; i < Math.min(first + 50_000, count); i++) {
        text += `${'x'.repeat(i % lengths)}${keyOf(i)}\t${valueFor(letter, i)}\n`;
      }
      writeSync(file, text);
    }
  } finally {
    closeSync(file);
  }
}
