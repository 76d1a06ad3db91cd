/** What the page of an overlay needs of it, wherever its servents run. What cannot be done is refused with the reason. */

import type { Sizes } from '../../topologies/graph/generators';
import type { GroundKind, LabEvent, OverlayView, PairsView, PanelView } from '../view';
import type { RecordedQuestion } from './flood-recorder';
import type { LinkChange } from './model';

/** What is run. */
export interface OverlayChoice {
  /** File, name or kind. */
  overlay: string;
  sizes: Sizes;
  ground: Exclude<GroundKind, 'attached'>;
}

export interface OverlayLabSettings {
  /** Both waits of a question on real sockets, milliseconds. */
  timeoutMs: number;
  tell: (event: LabEvent) => void;
}

/** All that names a servent throws OperatorError `usage` where there is none of that name. */
export interface ShownOverlay {
  readonly questions: readonly RecordedQuestion[];
  view(): OverlayView;
  /** Asks as the client does; what comes of it is told. */
  ask(contact: string, key: string): void;
  /** Takes a servent down, or up again. */
  setServent(name: string, up: boolean): Promise<void>;
  /** Cuts or mends a link, or makes it one-way or lossy. */
  setLink(from: string, to: string, change: LinkChange): Promise<void>;
  /** Changes what a servent holds. @throws OperatorError `usage` for a pair that no servent can hold */
  setPair(name: string, key: string, value: string): Promise<void>;
  /** Chooses the protocol's bare rule, or the one of the higher ttl. */
  setRule(literal: boolean): Promise<void>;
  /** Puts another overlay in the place of this one. The old one runs on when the new one cannot. */
  choose(choice: OverlayChoice): Promise<void>;
  panelOf(name: string): PanelView;
  /** A page of a servent's pairs that hold a text. */
  pairsOf(name: string, text: string, page: number): PairsView;
  /** Keys that begin so, of whoever holds some. */
  keysWith(prefix: string): string[];
  close(): Promise<void>;
}
