/** What the client prints, in words and as JSON. */

import { escapeBytes, utf8 } from '../shared/escape';
import type { Summary } from './core';
import type { Answer } from './lookup';

/** Responder, value, milliseconds since the question. */
export function answerLine({ from, value, ms }: Answer): string {
  return `${from}  ${escapeBytes(value)}  (${ms.toFixed(1)} ms)`;
}

/** `key`, `value`, `from`, `ms`; bytes that are not UTF-8 come as `keyBase64` and `valueBase64`. */
export function answerEvent(key: Uint8Array, { from, value, ms }: Answer): string {
  const event = {
    ...textOrBase64('key', key),
    ...textOrBase64('value', value),
    from,
    ms: Math.round(ms * 1000) / 1000,
  };
  return escapeJson(JSON.stringify(event));
}

function textOrBase64(name: string, bytes: Uint8Array): Record<string, string> {
  const text = utf8(bytes);
  return text === undefined ? { [`${name}Base64`]: Buffer.from(bytes).toString('base64') } : { [name]: text };
}

/** How a question ended, in words. */
export function summaryLine({ answers, asked, ms, enough }: Summary): string {
  const seconds = `${(ms / 1000).toFixed(1)} s`;
  if (enough) return `stopped at ${answers} response${answers === 1 ? '' : 's'} (${seconds})`;
  if (answers > 0) return `no more responses (${answers} in ${seconds})`;
  return `no responses (asked ${asked === 1 ? 'once' : 'twice'}, ${seconds})`;
}

/** JSON leaves DEL, C1, line separators and bidirectional controls as they are: escapes them the JSON way. */
function escapeJson(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
