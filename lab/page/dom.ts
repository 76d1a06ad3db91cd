/** The page's elements, found and made. Text that comes from elsewhere goes in as text alone. */

/** The element of an id, of a kind that is known. */
export function byId<Kind extends Element = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element "${id}"`);
  return found as unknown as Kind;
}

type Attributes = Record<string, string | boolean | ((event: Event) => void)>;

/** Makes an element: functions become listeners, `true` an attribute without a value, `false` none. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...content: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(attribute, value);
    else if (value !== false) element.setAttribute(attribute, value === true ? '' : value);
  }
  element.append(...content);
  return element;
}

/** Makes an element of a picture. */
export function makeSvg<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Record<string, string | number> = {},
): SVGElementTagNameMap[Name] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, String(value));
  return element;
}

/** A table with a heading of its own for each column, and each row's first cell as its heading. */
export function fillTable(
  table: HTMLTableElement,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const head = make('thead', {}, make('tr', {}, ...headings.map((heading) => make('th', { scope: 'col' }, heading))));
  const body = make(
    'tbody',
    {},
    ...rows.map(([first, ...others]) =>
      make('tr', {}, make('th', { scope: 'row' }, first ?? ''), ...others.map((cell) => make('td', {}, cell))),
    ),
  );
  table.replaceChildren(head, body);
}
