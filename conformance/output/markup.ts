/** Text of others inside XML and HTML: never markup, and never a character that XML cannot hold. */

import { escapeText } from '../../shared/escape';

/** Text between tags or in an attribute's double quotes. */
export function attribute(text: string): string {
  return escapeText(text.replace(/[\ufffe\uffff]/g, '\ufffd'))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
