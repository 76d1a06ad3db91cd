/** The picture as a file of its own: what is on the screen, with the colours it has there. */

import { byId, make, makeSvg } from './dom';

/** What a servent or a link looks like comes from the page's style; a file has to bring it. */
const STYLED = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'font-family',
  'font-weight',
  'text-anchor',
  'dominant-baseline',
  'opacity',
  'display',
] as const;

/** Has the browser save it. */
export function exportPicture(): void {
  const graph = byId<SVGSVGElement>('graph');
  const { width, height } = graph.getBoundingClientRect();
  const file = graph.cloneNode(true) as SVGSVGElement;
  for (const attribute of ['id', 'class', 'role', 'aria-label']) file.removeAttribute(attribute);
  file.setAttribute('viewBox', `0 0 ${width} ${height}`);
  const shown = graph.querySelectorAll<SVGElement>('*');
  for (const [i, element] of file.querySelectorAll<SVGElement>('*').entries())
    style(element, getComputedStyle(shown[i]!));
  const background = makeSvg('rect', {
    width: '100%',
    height: '100%',
    fill: getComputedStyle(byId('picture')).backgroundColor,
  });
  file.prepend(background);
  const address = URL.createObjectURL(
    new Blob([new XMLSerializer().serializeToString(file)], { type: 'image/svg+xml' }),
  );
  make('a', { href: address, download: 'overlay.svg' }).click();
  URL.revokeObjectURL(address);
}

function style(element: SVGElement, computed: CSSStyleDeclaration): void {
  for (const property of STYLED) element.setAttribute(property, computed.getPropertyValue(property));
  for (const attribute of ['role', 'tabindex', 'aria-pressed', 'class']) element.removeAttribute(attribute);
}
