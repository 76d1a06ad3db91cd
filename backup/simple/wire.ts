/** The simple wire of existing implementations (specification, section 3): lines of text, 17 bytes, and a tar.gz. */

/** What an agent answers first, exactly 17 bytes each. */
export const UPDATES = Buffer.from('updates needed: y');
export const NO_UPDATES = Buffer.from('updates needed: n');

/** Longest line, bytes. */
export const LINE_MAX = 64 * 1024;

/** What an admin asks on it. */
export type SimpleQuestion =
  | { type: 'reg'; node: string; port: number; path: string; seconds: number }
  | { type: 'unreg' | 'query'; node: string; path: string }
  | { type: 'shutdown' };

/** An admin's line; a path may hold spaces. Undefined for any other text. */
export function parseQuestion(line: string): SimpleQuestion | undefined {
  if (/^shutdown:?\s*$/.test(line)) return { type: 'shutdown' };
  const reg = /^reg:\s*(\S+)\s+(\d{1,5})\s+(\S.*?)\s+(\d+(?:\.\d+)?)\s*$/.exec(line);
  if (reg) return { type: 'reg', node: reg[1]!, port: Number(reg[2]), path: reg[3]!, seconds: Number(reg[4]) };
  const other = /^(unreg|query):\s*(\S+)\s+(\S.*?)\s*$/.exec(line);
  if (other) return { type: other[1] as 'unreg' | 'query', node: other[2]!, path: other[3]! };
  return undefined;
}

/** A server's line to an agent, without its newline. @param md5 '' the first time */
export function parseRequest(line: string): { path: string; md5: string } | undefined {
  const match = /^([^:\n]+):([0-9a-f]{32})?\r?$/i.exec(line);
  return match ? { path: match[1]!, md5: (match[2] ?? '').toLowerCase() } : undefined;
}

/** The first line of what comes, without its newline; what is cut off or too long is undefined. */
export async function readLine(pieces: AsyncIterable<Buffer>): Promise<string | undefined> {
  let text = Buffer.alloc(0);
  for await (const piece of pieces) {
    text = Buffer.concat([text, piece]);
    const end = text.indexOf('\n');
    if (end >= 0) return text.subarray(0, end).toString();
    if (text.length > LINE_MAX) return undefined;
  }
  return undefined;
}
