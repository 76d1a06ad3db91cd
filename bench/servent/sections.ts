/** What a measure gives, and how a person sees it. */

import { tableLines } from '../../shared/program/table';

/** One measure: a row for each contender. */
export interface Section {
  name: string;
  title: string;
  /** Contenders by name, each with the same figures. */
  rows: { contender: string; figures: Record<string, number | string> }[];
  targets: Target[];
  notes: string[];
}

/** What was wanted, and what came out. */
export interface Target {
  what: string;
  wanted: string;
  measured: number;
  reached: boolean;
}

export function atLeast(what: string, measured: number, wanted: number): Target {
  return { what, wanted: `>= ${wanted}`, measured, reached: measured >= wanted };
}

export function atMost(what: string, measured: number, wanted: number): Target {
  return { what, wanted: `<= ${wanted}`, measured, reached: measured <= wanted };
}

/** The middle one; of an even number the lower of the two. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >>> 1] ?? Number.NaN;
}

export function sectionLines({ title, rows, notes }: Section): string[] {
  const columns = Object.keys(rows[0]?.figures ?? {});
  const cells = rows.map(({ contender, figures }) => [contender, ...columns.map((name) => cell(figures[name]!))]);
  return ['', title, ...tableLines([['', ...columns], ...cells]), ...notes.map((note) => `  ${note}`)];
}

export function targetLines(targets: readonly Target[]): string[] {
  const cells = targets.map(({ what, wanted, measured, reached }) => [
    what,
    wanted,
    cell(measured),
    reached ? 'reached' : 'not reached',
  ]);
  return ['', 'Targets', ...tableLines([['', 'wanted', 'measured', ''], ...cells])];
}

function cell(value: number | string): string {
  if (typeof value === 'string') return value;
  if (Number.isNaN(value)) return '-';
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
