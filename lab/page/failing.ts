/** Says what went wrong, for a while. */

import { byId } from './dom';

/** How long it stays to be read, milliseconds. */
const FAILURE_MS = 8000;

/** Gives what shows an error in the page's `failure`. */
export function failing(): (error: unknown) => void {
  const place = byId('failure');
  let timer: number | undefined;
  return (error) => {
    place.textContent = error instanceof Error ? error.message : String(error);
    place.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(() => (place.hidden = true), FAILURE_MS);
  };
}
