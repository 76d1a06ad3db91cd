/** The picture of a store: its replicas around a circle, who follows whom, what is cut, and a write on its way. */

import type { ReplicaView, StoreView } from '../store-view';
import { canvasOf, coloursOf } from './canvas';
import { byId, makeSvg } from './dom';
import type { Write } from './store-state';

const WIDTH = 132;
const HEIGHT = 74;

interface Point {
  x: number;
  y: number;
}

export class StorePicture {
  readonly #svg = byId<SVGSVGElement>('graph');
  readonly #canvas = byId<HTMLCanvasElement>('flood');
  #store: StoreView | undefined;

  constructor(resized: () => void) {
    new ResizeObserver(() => {
      this.#store = undefined;
      resized();
    }).observe(this.#svg);
  }

  /** Shows the replicas, and a write at a beat. */
  show(store: StoreView, write: Write | undefined, beat: number): void {
    if (store !== this.#store) this.#showReplicas(store);
    this.#store = store;
    this.#showWrite(store, write, beat);
  }

  #showReplicas(store: StoreView): void {
    const places = this.#places(store);
    const leader = store.replicas.find(({ status }) => status?.role === 'leader')?.name;
    const links = store.replicas.flatMap(({ name }, i) =>
      store.replicas.slice(i + 1).map(({ name: other }) => {
        const isCut = store.cuts.some((pair) => pair.includes(name) && pair.includes(other));
        const isUsed = name === leader || other === leader;
        const [a, b] = [places.get(name)!, places.get(other)!];
        const kind = `link ${isCut ? 'cut' : isUsed ? 'used' : 'idle'}`;
        return makeSvg('line', { class: kind, x1: a.x, y1: a.y, x2: b.x, y2: b.y });
      }),
    );
    this.#svg.replaceChildren(
      ...links,
      ...store.replicas.map((replica) => drawReplica(replica, places.get(replica.name)!)),
    );
  }

  #showWrite(store: StoreView, write: Write | undefined, beat: number): void {
    const context = canvasOf(this.#canvas);
    if (!context || !write) return;
    const colours = coloursOf(this.#canvas);
    const places = this.#places(store);
    const leader = places.get(write.leader);
    if (!leader) return;
    const dot = (from: Point, to: Point, share: number, colour: string, letter: string): void => {
      const [x, y] = [from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share];
      context.fillStyle = colour;
      context.beginPath();
      context.arc(x, y, 11, 0, 2 * Math.PI);
      context.fill();
      context.fillStyle = colours.face;
      context.fillText(letter, x, y + 0.5);
    };
    for (const { name, acked, told } of write.followers) {
      const follower = places.get(name);
      if (!follower) continue;
      if (beat > 0 && beat < 1) dot(leader, follower, beat, colours.first, '+');
      // What is not confirmed stays where it came to.
      else if (beat >= 1 && !acked) dot(leader, follower, 0.7, colours.lost, '?');
      else if (beat >= 1 && beat < 2) dot(follower, leader, beat - 1, colours.response, '✓');
      else if (beat > 2 && beat < 3 && told) dot(leader, follower, beat - 2, colours.higher, '✓');
    }
  }

  /** The first at the top, the others clockwise. */
  #places({ replicas }: StoreView): Map<string, Point> {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const [across, down] = [(width - WIDTH - 60) / 2, (height - HEIGHT - 60) / 2];
    return new Map(
      replicas.map(({ name }, i) => {
        const angle = (2 * Math.PI * i) / replicas.length;
        const [x, y] = replicas.length === 1 ? [0, 0] : [Math.sin(angle) * across, -Math.cos(angle) * down];
        return [name, { x: width / 2 + x, y: height / 2 + y }];
      }),
    );
  }
}

function drawReplica({ name, process, status, inSync }: ReplicaView, { x, y }: Point): SVGElement {
  const kind = process === 'running' ? (status?.role ?? 'silent') : process;
  const group = makeSvg('g', { class: `replica ${kind}${inSync ? ' insync' : ''}`, transform: `translate(${x} ${y})` });
  group.append(makeSvg('rect', { x: -WIDTH / 2, y: -HEIGHT / 2, width: WIDTH, height: HEIGHT, rx: 12 }));
  const lines = [
    `${name} ${kind === 'silent' ? 'says nothing' : kind}`,
    status ? `epoch ${status.epoch}, entry ${status.position}` : '',
    status ? `${inSync ? 'in sync' : 'not in sync'}, lag ${status.lag}` : '',
  ];
  for (const [i, line] of lines.entries()) {
    const text = makeSvg('text', { y: -18 + 19 * i, class: i === 0 ? 'name' : 'detail' });
    text.textContent = line;
    group.append(text);
  }
  return group;
}
