/** The picture of the overlay: servents that can be chosen, moved and walked through by keyboard, and the links between them. */

import type { OverlayView, ServentView } from '../view';
import { type Camera, fitted, onScreen, type Place, placeAt, zoomed } from './camera';
import { byId, makeSvg } from './dom';
import { Places } from './places';
import type { Scene } from './scene';

/** Pixels of a servent: its part of the way to the next, within bounds. */
const RADIUS_SHARE = 0.3;
const RADIUS_MIN = 4;
const RADIUS_MAX = 26;
/** From this radius on a name fits. */
const NAMED_RADIUS = 9;
/** From so many pixels between neighbours on there is room for addresses. */
const ADDRESSED_SCALE = 105;
const ZOOM_STEP = 1.3;
/** How far an arrow key moves a servent. */
const MOVE_STEP = 0.25;

interface Drawn {
  group: SVGGElement;
  circle: SVGCircleElement;
  name: SVGTextElement;
  address: SVGTextElement;
  keys: SVGTextElement;
}

export class GraphView {
  readonly places = new Places();
  camera: Camera = { scale: 1, x: 0, y: 0 };
  /** Pixels of a servent. */
  radius = RADIUS_MAX;
  readonly #svg = byId<SVGSVGElement>('graph');
  readonly #links = makeSvg('g', { 'aria-hidden': 'true' });
  readonly #servents = makeSvg('g');
  /** By name. Bounded by the overlay's servents. */
  readonly #drawn = new Map<string, Drawn>();
  #lines: SVGLineElement[] = [];
  #overlay: OverlayView | undefined;
  #chosen: string | undefined;
  /** The one that Tab comes to. */
  #current: string | undefined;
  readonly #onChoose: (servent: string) => void;
  readonly #onMoved: () => void;

  constructor(onChoose: (servent: string) => void, onMoved: () => void) {
    this.#onChoose = onChoose;
    this.#onMoved = onMoved;
    this.#svg.append(this.#links, this.#servents);
    this.#svg.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    this.#svg.addEventListener('pointerdown', (event) => this.#dragPicture(event));
    this.#svg.addEventListener('keydown', (event) => this.#key(event));
    byId('zoom-in').addEventListener('click', () => this.#zoom(ZOOM_STEP));
    byId('zoom-out').addEventListener('click', () => this.#zoom(1 / ZOOM_STEP));
    byId('zoom-fit').addEventListener('click', () => {
      this.places.reset();
      this.fit();
    });
    new ResizeObserver(() => this.fit()).observe(byId('picture'));
  }

  /** Shows the overlay, and who is chosen. */
  show(overlay: OverlayView, chosen: string | undefined): void {
    if (overlay !== this.#overlay) {
      this.#overlay = overlay;
      const isOther = this.places.take(overlay);
      if (isOther) this.#make(overlay);
      this.#describe(overlay);
      if (isOther) this.fit();
    }
    if (chosen === this.#chosen) return;
    for (const [name, { group }] of this.#drawn) group.setAttribute('aria-pressed', String(name === chosen));
    this.#chosen = chosen;
    if (chosen !== undefined) this.#makeCurrent(chosen);
  }

  /** Shows who has heard and answered. */
  mark({ marks, answered }: Scene): void {
    for (const { name, up } of this.#overlay?.servents ?? []) {
      const words = [marks.get(name) ?? '', answered.has(name) ? 'answered' : '', up ? '' : 'down'];
      const kind = ['servent', ...words.filter((word) => word !== '')].join(' ');
      const { group } = this.#drawn.get(name)!;
      if (group.getAttribute('class') !== kind) group.setAttribute('class', kind);
    }
  }

  /** Shows all of it. */
  fit(): void {
    const { width, height } = this.#svg.getBoundingClientRect();
    if (!this.#overlay || width === 0) return;
    // The legend stands at the bottom.
    this.camera = fitted(this.places.all(), width, height - byId('legend').offsetHeight);
    this.#place();
  }

  #make(overlay: OverlayView): void {
    this.#drawn.clear();
    this.#current = overlay.servents[0]?.name;
    this.#servents.replaceChildren(...overlay.servents.map(({ name }) => this.#makeServent(name)));
    this.#chosen = undefined;
  }

  #makeServent(name: string): SVGGElement {
    const tabindex = name === this.#current ? 0 : -1;
    const group = makeSvg('g', { class: 'servent', role: 'button', tabindex, 'aria-pressed': 'false' });
    const drawn: Drawn = {
      group,
      circle: makeSvg('circle'),
      name: makeSvg('text', { class: 'name' }),
      address: makeSvg('text', { class: 'detail' }),
      keys: makeSvg('text', { class: 'detail' }),
    };
    // A blank behind each, so that what is read aloud are words.
    drawn.name.textContent = `${name} `;
    group.append(drawn.circle, drawn.name, drawn.address, drawn.keys);
    group.addEventListener('click', () => this.#onChoose(name));
    group.addEventListener('focus', () => this.#makeCurrent(name));
    group.addEventListener('pointerdown', (event) => this.#dragServent(event, name));
    this.#drawn.set(name, drawn);
    return group;
  }

  /** Everything of the overlay but where it stands. */
  #describe({ servents, links }: OverlayView): void {
    for (const servent of servents) {
      const { group, address, keys } = this.#drawn.get(servent.name)!;
      group.setAttribute('aria-label', labelOf(servent));
      address.textContent = `${servent.address} `;
      keys.textContent = servent.up ? `${servent.keys} keys` : 'down';
    }
    this.#lines = links.map(({ up, oneWay, lossPercent }) => {
      const kind = ['link', up ? '' : 'cut', lossPercent > 0 ? 'lossy' : ''].filter((word) => word !== '').join(' ');
      const line = makeSvg('line', { class: kind });
      if (oneWay && up) line.setAttribute('marker-end', 'url(#arrow)');
      return line;
    });
    this.#links.replaceChildren(arrowHead(), ...this.#lines);
    this.#place();
  }

  /** Puts everything where the camera sees it. */
  #place(): void {
    if (!this.#overlay) return;
    const { scale } = this.camera;
    this.radius = Math.max(RADIUS_MIN, Math.min(RADIUS_MAX, scale * RADIUS_SHARE));
    this.#svg.classList.toggle('named', this.radius >= NAMED_RADIUS);
    this.#svg.classList.toggle('addressed', scale >= ADDRESSED_SCALE);
    for (const [name, { group, circle, name: text, address, keys }] of this.#drawn) {
      const { x, y } = onScreen(this.camera, this.places.of(name)!);
      group.setAttribute('transform', `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
      circle.setAttribute('r', String(this.radius));
      text.setAttribute('font-size', String(Math.max(8, Math.min(15, this.radius * 0.75))));
      address.setAttribute('y', String(this.radius + 16));
      keys.setAttribute('y', String(this.radius + 31));
    }
    for (const [i, { from, to }] of this.#overlay.links.entries()) this.#placeLine(this.#lines[i]!, from, to);
    this.#onMoved();
  }

  #placeLine(line: SVGLineElement, from: string, to: string): void {
    const [a, b] = [onScreen(this.camera, this.places.of(from)!), onScreen(this.camera, this.places.of(to)!)];
    const away = Math.hypot(b.x - a.x, b.y - a.y) || 1;
    // It ends at the circles, so that an arrow's head is seen.
    const share = Math.min(0.5, this.radius / away);
    line.setAttribute('x1', (a.x + (b.x - a.x) * share).toFixed(1));
    line.setAttribute('y1', (a.y + (b.y - a.y) * share).toFixed(1));
    line.setAttribute('x2', (b.x - (b.x - a.x) * share).toFixed(1));
    line.setAttribute('y2', (b.y - (b.y - a.y) * share).toFixed(1));
  }

  #zoom(factor: number, at?: Place): void {
    const { width, height } = this.#svg.getBoundingClientRect();
    this.camera = zoomed(this.camera, factor, at ?? { x: width / 2, y: height / 2 });
    this.#place();
  }

  #wheel(event: WheelEvent): void {
    // The page scrolls with the wheel; with Ctrl, or two fingers apart, the picture is zoomed.
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.#zoom(Math.exp(-event.deltaY / 200), this.#pointOf(event));
  }

  #dragPicture(event: PointerEvent): void {
    const { x, y } = this.camera;
    this.#drag(event, (dx, dy) => {
      this.camera = { ...this.camera, x: x + dx, y: y + dy };
      this.#place();
    });
  }

  #dragServent(event: PointerEvent, name: string): void {
    event.stopPropagation();
    const start = onScreen(this.camera, this.places.of(name)!);
    this.#drag(event, (dx, dy) => {
      this.places.move(name, placeAt(this.camera, { x: start.x + dx, y: start.y + dy }));
      this.#place();
    });
  }

  #drag(start: PointerEvent, moved: (dx: number, dy: number) => void): void {
    const ending = new AbortController();
    const { signal } = ending;
    const move = ({ clientX, clientY }: PointerEvent): void => moved(clientX - start.clientX, clientY - start.clientY);
    window.addEventListener('pointermove', move, { signal });
    for (const end of ['pointerup', 'pointercancel']) window.addEventListener(end, () => ending.abort(), { signal });
  }

  #key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const way = WAYS[event.key];
    if (way && event.shiftKey) this.#moveCurrent(way);
    else if (way) this.#walk(way);
    else if (event.key === '+') this.#zoom(ZOOM_STEP);
    else if (event.key === '-') this.#zoom(1 / ZOOM_STEP);
    else if ((event.key === 'Enter' || event.key === ' ') && this.#current) this.#onChoose(this.#current);
    else return;
    event.preventDefault();
  }

  /** To the nearest servent that way: one that is far aside counts as farther. */
  #walk(way: Place): void {
    if (!this.#current) return;
    const at = this.places.of(this.#current)!;
    let best: { name: string; far: number } | undefined;
    for (const name of this.#drawn.keys()) {
      const { x, y } = this.places.of(name)!;
      const on = (x - at.x) * way.x + (y - at.y) * way.y;
      const aside = Math.abs((x - at.x) * way.y - (y - at.y) * way.x);
      const far = on + 2 * aside;
      if (on > 0.01 && (!best || far < best.far)) best = { name, far };
    }
    if (best) this.#drawn.get(best.name)!.group.focus();
  }

  #moveCurrent({ x, y }: Place): void {
    if (!this.#current) return;
    const at = this.places.of(this.#current)!;
    this.places.move(this.#current, { x: at.x + x * MOVE_STEP, y: at.y + y * MOVE_STEP });
    this.#place();
  }

  #makeCurrent(name: string): void {
    if (this.#current) this.#drawn.get(this.#current)?.group.setAttribute('tabindex', '-1');
    this.#current = name;
    this.#drawn.get(name)!.group.setAttribute('tabindex', '0');
  }

  #pointOf({ clientX, clientY }: MouseEvent): Place {
    const { left, top } = this.#svg.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }
}

const WAYS: Record<string, Place> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

function labelOf({ name, address, keys, up }: ServentView): string {
  return `${name} ${address} ${up ? `${keys} keys` : 'down'}`;
}

function arrowHead(): SVGElement {
  const marker = makeSvg('marker', {
    id: 'arrow',
    viewBox: '0 0 8 8',
    refX: 7,
    refY: 4,
    markerWidth: 8,
    markerHeight: 8,
    orient: 'auto',
  });
  marker.append(makeSvg('path', { d: 'M0 0 8 4 0 8z', class: 'arrow' }));
  return marker;
}
