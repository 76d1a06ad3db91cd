/**
 * The definition's dialogue of a server that starts (key-value specification, section 1): its port, and its leader's. Decides what to
 * ask and what to take; who answers at the ports has been looked up before.
 */

export const TEXTS = {
  own: 'Digite a porta do servidor: ',
  leader: 'Digite o número da porta do servidor Líder: ',
  invalid: 'Porta inválida ou já utilizada',
} as const;

/** Who is at a port, by its answer to `isLider`. */
export type Found = 'nobody' | 'leader' | 'other';

/** What comes of it. */
export interface Agreed {
  own: number;
  leader: number;
}

/** Yields texts that ask for a line, and is given it. `say` gets the lines that refuse one. */
export function* dialogue(
  found: ReadonlyMap<number, Found>,
  say: (line: string) => void,
): Generator<string, Agreed, string> {
  const all = [...found.keys()];
  const own = yield* onePort(
    TEXTS.own,
    all.filter((port) => found.get(port) === 'nobody'),
    say,
  );
  return { own, leader: yield* onePort(TEXTS.leader, leadersFor(own, found), say) };
}

/** The one that leads; during a takeover any that may; nobody is there, itself. */
function leadersFor(own: number, found: ReadonlyMap<number, Found>): number[] {
  const at = (wanted: Found): number[] => [...found].filter(([, who]) => who === wanted).map(([port]) => port);
  return [at('leader'), at('other')].find((ports) => ports.length > 0) ?? [own];
}

function* onePort(
  text: string,
  taken: readonly number[],
  say: (line: string) => void,
): Generator<string, number, string> {
  for (;;) {
    const line = yield text;
    const port = taken.find((one) => String(one) === line.trim());
    if (port !== undefined) return port;
    say(TEXTS.invalid);
  }
}
