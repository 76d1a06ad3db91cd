/** From places to the screen: how far the picture is moved and enlarged. */

export interface Place {
  x: number;
  y: number;
}

export interface Camera {
  /** Pixels between neighbours. */
  scale: number;
  /** Where the place (0, 0) is on the screen, pixels. */
  x: number;
  y: number;
}

const SCALE_MIN = 4;
const SCALE_MAX = 400;
/** Small overlays are not blown up more than this. */
const FIT_MAX = 170;
const FEW = 30;

/** Shows all places within a frame of this many pixels, with room for names around it. */
export function fitted(places: readonly Place[], width: number, height: number): Camera {
  const [xs, ys] = [places.map(({ x }) => x), places.map(({ y }) => y)];
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  // Names and addresses are shown of few alone.
  const margin = Math.min(places.length > FEW ? 34 : 90, width / 8, height / 5);
  const across = (width - 2 * margin) / Math.max(right - left, 0.01);
  const down = (height - 2 * margin) / Math.max(bottom - top, 0.01);
  const scale = clampScale(Math.min(across, down, FIT_MAX));
  return { scale, x: width / 2 - (scale * (left + right)) / 2, y: height / 2 - (scale * (top + bottom)) / 2 };
}

/** Enlarges by a factor, and keeps what is at a point of the screen there. */
export function zoomed(camera: Camera, factor: number, at: Place): Camera {
  const scale = clampScale(camera.scale * factor);
  const by = scale / camera.scale;
  return { scale, x: at.x - (at.x - camera.x) * by, y: at.y - (at.y - camera.y) * by };
}

/** Where a place is on the screen. */
export function onScreen({ scale, x, y }: Camera, place: Place): Place {
  return { x: x + place.x * scale, y: y + place.y * scale };
}

/** The place at a point of the screen. */
export function placeAt({ scale, x, y }: Camera, point: Place): Place {
  return { x: (point.x - x) / scale, y: (point.y - y) / scale };
}

function clampScale(scale: number): number {
  return Math.max(SCALE_MIN, Math.min(SCALE_MAX, scale));
}
