/** What the key-value client prints: the specification's very lines (section 3), and the same as JSON. */

import { escapeText } from '../shared/escape';
import type { Result } from './core';

/** A result in words; a failure's are a diagnostic's. */
export function resultLine(result: Result): string {
  switch (result.kind) {
    case 'put': {
      const { key, value, timestamp, server } = result;
      return `PUT_OK key: ${escapeText(key)} value ${escapeText(value)} timestamp ${timestamp} realizada no servidor ${server}`;
    }
    case 'got': {
      const { key, value, timestamp, held, server } = result;
      return `GET key: ${escapeText(key)} value: ${escapeText(value)} obtido do servidor ${server}, meu timestamp ${held ?? 'None'} e do servidor ${timestamp}`;
    }
    case 'not-found':
      return 'KEY NOT FOUND';
    case 'stale':
      return 'TRY_OTHER_SERVER_OR_LATER';
    case 'failed':
      return escapeText(result.reason);
  }
}

/** A result's facts. */
export function resultEvent(result: Result): object {
  const { kind, ...facts } = result;
  return { event: kind, ...facts };
}
