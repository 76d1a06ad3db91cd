/** Where servents stand on the page: where the server says, unless the person moved them; and where the client stands. */

import type { OverlayView } from '../view';
import type { Place } from './camera';

export class Places {
  #overlay: OverlayView | undefined;
  #names = '';
  /** Bounded by the overlay's servents. */
  readonly #moved = new Map<string, Place>();
  #given = new Map<string, Place>();

  /** Takes the places of an overlay. Gives whether it is another one than before. */
  take(overlay: OverlayView): boolean {
    if (overlay === this.#overlay) return false;
    this.#overlay = overlay;
    this.#given = new Map(overlay.servents.map(({ name, x, y }) => [name, { x, y }]));
    const names = overlay.servents.map(({ name, x, y }) => `${name} ${x} ${y}`).join();
    if (names === this.#names) return false;
    this.#names = names;
    this.#moved.clear();
    return true;
  }

  all(): Place[] {
    return [...this.#given.keys()].map((name) => this.of(name)!);
  }

  /** Undefined for somebody who is no servent here. */
  of(name: string): Place | undefined {
    return this.#moved.get(name) ?? this.#given.get(name);
  }

  move(name: string, place: Place): void {
    this.#moved.set(name, place);
  }

  /** All where they were. */
  reset(): void {
    this.#moved.clear();
  }

  /** A client stands outside, beside the servent it asks. */
  clientBeside(contact: string): Place {
    const places = this.all();
    const at = this.of(contact) ?? { x: 0, y: 0 };
    const middle = {
      x: places.reduce((sum, { x }) => sum + x, 0) / places.length,
      y: places.reduce((sum, { y }) => sum + y, 0) / places.length,
    };
    const [dx, dy] = [at.x - middle.x, at.y - middle.y];
    const away = Math.hypot(dx, dy);
    // On a straight line, outwards would be onto the line's other servents or off the picture: above it is free.
    if (away < 0.01 || places.every(({ y }) => Math.abs(y - at.y) < 0.01)) return { x: at.x, y: at.y - 0.75 };
    return { x: at.x + (0.75 * dx) / away, y: at.y + (0.75 * dy) / away };
  }
}
