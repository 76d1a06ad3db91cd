/** Plain tables for people: columns padded to their widest cell. */

/** Lines of a table; the first row is the heading. Cells that look like numbers stand at the right. */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  const isNumeric = widths.map((_, i) => rows.slice(1).every((row) => /^[\d.,%-]*$/.test(row[i] ?? '')));
  return rows.map((row) =>
    widths
      .map((width, i) => (isNumeric[i] ? (row[i] ?? '').padStart(width) : (row[i] ?? '').padEnd(width)))
      .join('  ')
      .trimEnd(),
  );
}
