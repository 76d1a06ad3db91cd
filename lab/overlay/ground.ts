/** Where the servents of a lab's overlay run: what every ground can do. */

import type { Counters } from '../../servent/counters';
import type { Endpoint } from '../../shared/endpoint';
import type { GroundKind } from '../view';

export interface Ground {
  readonly kind: GroundKind;
  endpointOf(name: string): Endpoint;
  /** Starts, stops and starts again these servents, as the model says; others may lose what they remember as seen. */
  restart(names: readonly string[]): Promise<void>;
  /** A servent's pairs are others now. */
  reload(name: string): Promise<void>;
  /** Asks a servent as the client does, and gives every answer to the recorder. Resolves once the question has ended. */
  ask(contact: string, key: Uint8Array): Promise<void>;
  /** Undefined for a servent that is down. */
  statsOf(name: string): { counters: Counters; seen: number } | undefined;
  close(): Promise<void>;
}
