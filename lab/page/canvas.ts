/** A canvas over a picture: as large as the screen shows it, empty, in the page's colours. */

const COLOURS = ['first', 'higher', 'duplicate', 'response', 'lost', 'ink', 'face'] as const;

export type Colours = Record<(typeof COLOURS)[number], string>;

/** The canvas ready to be drawn anew; undefined where there is none to draw on. */
export function canvasOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D | undefined {
  const context = canvas.getContext('2d');
  if (!context) return undefined;
  const ratio = window.devicePixelRatio;
  const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  context.font = '600 11px system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  return context;
}

let known: { dark: boolean; colours: Colours } | undefined;
const dark = matchMedia('(prefers-color-scheme: dark)');

/** The colours of now, light or dark. */
export function coloursOf(element: Element): Colours {
  if (known?.dark === dark.matches) return known.colours;
  const style = getComputedStyle(element);
  const colours = Object.fromEntries(
    COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
  ) as Colours;
  known = { dark: dark.matches, colours };
  return colours;
}
