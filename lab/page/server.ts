/** The page's server: what it tells, what it is asked, and what it is told to do. */

import type { CatalogueEntry, PairsView, PanelView } from '../view';

/** Hears all that happens, and again all there is after an interruption. */
export function listen<Event>(heard: (events: Event[]) => void, connected: (is: boolean) => void): void {
  const source = new EventSource('events');
  source.addEventListener('open', () => connected(true));
  source.addEventListener('error', () => connected(false));
  source.addEventListener('message', ({ data }) => heard(JSON.parse(data as string)));
}

/** What the page may read. */
export const reading = {
  catalogue: () => get<CatalogueEntry[]>('catalogue', {}),
  keys: (prefix: string) => get<string[]>('keys', { prefix }),
  panel: (servent: string) => get<PanelView>('servent', { servent }),
  pairs: (servent: string, text: string, page: number) =>
    get<PairsView>('pairs', { servent, text, page: String(page) }),
};

/** Has something done. @throws Error with the server's sentence when it refuses */
export async function post<Reply = unknown>(path: string, body: object): Promise<Reply> {
  const headers = { 'content-type': 'application/json' };
  return (await replyOf(fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }))) as Reply;
}

async function get<Reply>(path: string, words: Record<string, string>): Promise<Reply> {
  return (await replyOf(fetch(`${path}?${new URLSearchParams(words)}`))) as Reply;
}

async function replyOf(asked: Promise<Response>): Promise<unknown> {
  const response = await asked;
  const reply = (await response.json()) as { message?: string };
  if (!response.ok) throw new Error(reply.message ?? 'the server refused');
  return reply;
}
