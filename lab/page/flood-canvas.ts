/** What moves: the datagrams of a flood over the picture, and the ways that they have gone. Drawn anew each time, and nothing else is. */

import type { Copy } from '../view';
import type { TimedCopy } from './beats';
import { onScreen, type Place } from './camera';
import { type Colours, canvasOf, coloursOf } from './canvas';
import { byId } from './dom';
import type { GraphView } from './graph';
import type { Scene } from './scene';

/** From so many pixels between neighbours on a datagram's ttl can be read. */
const READABLE_SCALE = 60;
/** What is lost gets so far. */
const LOST_SHARE = 0.5;

export class FloodCanvas {
  readonly #canvas = byId<HTMLCanvasElement>('flood');
  readonly #graph: GraphView;

  constructor(graph: GraphView) {
    this.#graph = graph;
  }

  /** Draws a scene; `contact` is the servent asked, or undefined where there is no question. */
  draw(scene: Scene, contact: string | undefined): void {
    const context = canvasOf(this.#canvas);
    if (!context || contact === undefined) return;
    const colours = coloursOf(this.#canvas);
    const client = onScreen(this.#graph.camera, this.#graph.places.clientBeside(contact));
    const at = (name: string): Place | undefined => {
      const place = this.#graph.places.of(name);
      return name === 'client' ? client : place && onScreen(this.#graph.camera, place);
    };
    for (const { copy } of scene.done) drawWay(context, copy, at, this.#graph.radius, colours);
    drawClient(context, client, colours);
    const isReadable = this.#graph.camera.scale >= READABLE_SCALE;
    for (const { timed, share } of scene.moving) {
      this.#drawDatagram(context, timed, share, at, colours, isReadable);
    }
  }

  #drawDatagram(
    context: CanvasRenderingContext2D,
    { copy }: TimedCopy,
    share: number,
    at: (name: string) => Place | undefined,
    colours: Colours,
    isReadable: boolean,
  ): void {
    const [from, to] = [at(copy.from), at(copy.to)];
    if (!from || !to) return;
    const gone = copy.fate === 'lost' ? Math.min(share, LOST_SHARE) : share;
    const [x, y] = [from.x + (to.x - from.x) * gone, from.y + (to.y - from.y) * gone];
    context.beginPath();
    context.arc(x, y, isReadable ? 10 : Math.max(2.5, this.#graph.radius * 0.45), 0, 2 * Math.PI);
    context.fillStyle = colours[colourOf(copy)];
    context.fill();
    if (!isReadable) return;
    context.fillStyle = colours.face;
    context.fillText(copy.fate === 'lost' && share > LOST_SHARE ? '×' : lettersOf(copy), x, y + 0.5);
  }
}

/** A way that was gone stays to be seen: boldly where it was the first. */
function drawWay(
  context: CanvasRenderingContext2D,
  copy: Copy,
  at: (name: string) => Place | undefined,
  radius: number,
  colours: Colours,
): void {
  const [from, to] = [at(copy.from), at(copy.to)];
  if (!from || !to || copy.message === 'RESPONSE') return;
  // From circle to circle.
  const share = Math.min(0.5, radius / (Math.hypot(to.x - from.x, to.y - from.y) || 1));
  const [dx, dy] = [(to.x - from.x) * share, (to.y - from.y) * share];
  const isPlain = copy.fate === 'duplicate' || copy.fate === 'lost' || copy.fate === 'dropped';
  context.beginPath();
  context.setLineDash(isPlain ? [4, 4] : []);
  context.moveTo(from.x + dx, from.y + dy);
  context.lineTo(to.x - dx, to.y - dy);
  context.lineWidth = isPlain ? 1.5 : 2.5;
  context.globalAlpha = isPlain ? 0.6 : 0.75;
  context.strokeStyle = colours[colourOf(copy)];
  context.stroke();
  context.globalAlpha = 1;
  context.setLineDash([]);
}

function drawClient(context: CanvasRenderingContext2D, { x, y }: Place, colours: Colours): void {
  context.fillStyle = colours.ink;
  context.beginPath();
  context.roundRect(x - 22, y - 10, 44, 20, 5);
  context.fill();
  context.fillStyle = colours.face;
  context.fillText('client', x, y + 0.5);
}

function colourOf({ message, fate }: Copy): keyof Colours {
  if (fate === 'lost') return 'lost';
  if (message === 'RESPONSE') return 'response';
  if (fate === 'duplicate' || fate === 'dropped') return 'duplicate';
  return fate === 'higher' ? 'higher' : 'first';
}

function lettersOf({ message, ttl }: Copy): string {
  return message === 'QUERY' ? String(ttl) : message === 'CLIREQ' ? '?' : '!';
}
