/** The colours of pictures, for light pages and dark ones. */

interface Palette {
  page: string;
  ink: string;
  dim: string;
  face: string;
  accent: string;
  good: string;
  bad: string;
}

const ON_LIGHT: Palette = {
  page: '#ffffff',
  ink: '#24292f',
  dim: '#6e7781',
  face: '#ffffff',
  accent: '#0969da',
  good: '#1a7f37',
  bad: '#cf222e',
};
const ON_DARK: Palette = {
  page: '#0d1117',
  ink: '#e6edf3',
  dim: '#8b949e',
  face: '#161b22',
  accent: '#58a6ff',
  good: '#3fb950',
  bad: '#f85149',
};

/** Colours are written out, not named by variables, which many viewers of SVG do not know. */
function rules({ page, ink, dim, face, accent, good, bad }: Palette): string {
  const line = (kind: string, colour: string) =>
    `.${kind} path { stroke: ${colour}; } .${kind} polygon { stroke: ${colour}; fill: ${colour}; }`;
  return [
    `.graph > polygon { fill: ${page}; }`,
    `text { fill: ${ink}; }`,
    `.node ellipse { stroke: ${ink}; }`,
    // The outer ring of two is drawn last, and must not cover the inner one.
    `.node ellipse:first-of-type { fill: ${face}; }`,
    line('edge', ink),
    `.edge text { fill: ${dim}; }`,
    `.unreached ellipse { stroke: ${dim}; stroke-dasharray: 3 3; }`,
    `.unreached text { fill: ${dim}; }`,
    `.answered ellipse { stroke: ${good}; }`,
    `.contact ellipse { stroke: ${accent}; stroke-width: 2; }`,
    line('unused', dim),
    line('duplicate', dim),
    line('first', accent),
    line('higher', good),
    line('lost', bad),
  ].join('\n');
}

/**
 * For the head of an SVG. The background is part of the picture: a viewer that does not tell what its reader prefers may show
 * it on any page.
 */
export const STYLE = `<style>\n${rules(ON_LIGHT)}\n@media (prefers-color-scheme: dark) {\n${rules(ON_DARK)}\n}\n</style>`;
