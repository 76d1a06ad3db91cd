/** Results as one page that needs nothing else: a table, and for each broken rule what was expected, what came, and a picture. */

import { formatEndpoint } from '../../shared/endpoint';
import type { Said } from '../exchange';
import type { Kind } from '../kinds';
import type { Verdict } from '../run-cases';
import { attribute } from './markup';
import { sequenceDiagram } from './sequence-diagram';
import { summaryLine } from './table';

const STYLE = `
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: 0.2rem 0.6rem 0.2rem 0; border-bottom: 1px solid #8884; }
td:nth-child(3) { white-space: nowrap; }
.held { color: #080; } .broken { color: #c00; font-weight: bold; } .skipped { color: #888; }
@media (prefers-color-scheme: dark) { .held { color: #6d6; } .broken { color: #f77; } }
section { margin: 2rem 0; border-top: 2px solid #8884; }
figure { overflow-x: auto; margin: 1rem 0; }
svg { font: 12px ui-monospace, monospace; }
svg text { fill: currentColor; } .party { text-anchor: middle; font-weight: bold; } .time { fill: #888; font-size: 10px; }
.life { stroke: #8888; stroke-dasharray: 3 4; }
.to-program { stroke: #36c; } .from-program { stroke: #c60; } polygon { fill: #888; stroke: none; } g text { stroke: none; }
pre { overflow-x: auto; background: #8881; padding: 0.6rem; font-size: 12px; }
`;

/** Of what was said, the hexadecimal bytes shown below the picture. */
const HEX_ROWS_MAX = 40;
const HEX_BYTES_MAX = 64;

/** The whole page as text; it fetches nothing. */
export function htmlPage(kind: Kind, program: readonly string[], verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(
    ({ outcome, class: name, id, rule }) =>
      `<tr><td class="${outcome}">${outcome}</td><td>${name}</td><td>${outcome === 'broken' ? `<a href="#${anchor(id)}">${attribute(id)}</a>` : attribute(id)}</td><td>${attribute(rule)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Conformance: ${attribute(kind.name)}</title>
<style>${STYLE}</style>
<h1>${attribute(kind.about.replace(/^Grade/, 'Conformance of'))}</h1>
<p><code>${attribute(program.join(' '))}</code></p>
<p><strong>${attribute(summaryLine(verdicts))}</strong></p>
<table><tr><th></th><th>class</th><th>case</th><th>rule</th></tr>
${rows.join('\n')}
</table>
${verdicts
  .filter(({ outcome }) => outcome === 'broken')
  .map((verdict) => section(kind, verdict))
  .join('\n')}
</html>
`;
}

function section(kind: Kind, { id, rule, expected, came, said, more, printed }: Verdict): string {
  const words = (one: Said): string => kind.wordsOf(one);
  const picture = said.length === 0 ? '<p>Nothing was said.</p>' : `<figure>${sequenceDiagram(said, words)}</figure>`;
  const beyond = more > 0 ? `<p>${more} more are not shown.</p>` : '';
  return `<section id="${anchor(id)}"><h2>${attribute(id)}</h2><p>${attribute(rule)}</p>
<p>expected <strong>${attribute(expected)}</strong><br>came <strong>${attribute(came)}</strong></p>
${picture}${beyond}
<details><summary>bytes</summary><pre>${said.slice(-HEX_ROWS_MAX).map(hexRow).join('\n')}</pre></details>
${printed === '' ? '' : `<details><summary>printed by the program</summary><pre>${printed.split('\n').map(attribute).join('\n')}</pre></details>`}</section>`;
}

function hexRow({ atMs, from, to, bytes }: Said): string {
  const hex = Buffer.from(bytes.subarray(0, HEX_BYTES_MAX))
    .toString('hex')
    .replace(/(..)(?=.)/g, '$1 ');
  const cut = bytes.length > HEX_BYTES_MAX ? ` ... (${bytes.length} bytes)` : '';
  const way = `${from.name} ${formatEndpoint(from.endpoint)} -> ${to.name} ${formatEndpoint(to.endpoint)}`;
  return `${atMs.toFixed(0).padStart(6)} ms  ${attribute(way)}\n           ${hex}${cut}`;
}

function anchor(id: string): string {
  return id.replace(/[^a-z0-9]+/gi, '-');
}
