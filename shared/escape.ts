/** Untrusted text made safe to show: what peers and files say must not move a terminal's cursor or forge a log line. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const TAB = 9;

const SHORT: Record<string, string> = { '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/**
 * Shows C0, DEL, C1, line separators and bidirectional controls as `\t`, `\n`, `\r` or `\u{hex}` (specification, section 5,
 * rule 9).
 */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, (char) => SHORT[char] ?? `\\u{${char.charCodeAt(0).toString(16)}}`);
}

/** Bytes as text that is safe to show: UTF-8 where it is, `\xhh` for each byte that is not. */
export function escapeBytes(bytes: Uint8Array): string {
  const text = utf8(bytes);
  if (text !== undefined) return escapeText(text);
  return Array.from(bytes, (byte) => (byte < 0x80 ? escapeText(String.fromCharCode(byte)) : hex(byte))).join('');
}

/** JSON leaves DEL, C1, line separators and bidirectional controls as they are: escapes them the JSON way. */
export function escapeJson(json: string): string {
  return json.replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A value of many: like `escapeBytes`, but a TAB is shown as it is, since real files are full of them (section 5, rule 9). */
export function escapeValue(value: Uint8Array): string {
  const pieces: string[] = [];
  for (let start = 0; start <= value.length; ) {
    const tab = value.indexOf(TAB, start);
    const end = tab < 0 ? value.length : tab;
    pieces.push(escapeBytes(value.subarray(start, end)));
    start = end + 1;
  }
  return pieces.join('\t');
}

/** The text of bytes that are valid UTF-8; undefined for any others. */
export function utf8(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}
