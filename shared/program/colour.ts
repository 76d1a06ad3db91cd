/** Colour for people: in a terminal, unless NO_COLOR or TERM=dumb speaks against it; everywhere with FORCE_COLOR. */

/** Select Graphic Rendition (ECMA-48): how each begins; 0 ends all. */
const CODES = { bold: 1, faint: 2, red: 31, green: 32, cyan: 36 } as const;

export type Colour = keyof typeof CODES;

/** Wraps text into a colour, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;

/** How to paint what goes to a stream. */
export function paintFor(output: { isTTY?: boolean }, environment: NodeJS.ProcessEnv): Paint {
  return isColourful(output, environment)
    ? (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m`
    : (_colour, text) => text;
}

function isColourful({ isTTY = false }: { isTTY?: boolean }, environment: NodeJS.ProcessEnv): boolean {
  if (environment['NO_COLOR']) return false;
  const forced = environment['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0';
  return isTTY && environment['TERM'] !== 'dumb';
}
