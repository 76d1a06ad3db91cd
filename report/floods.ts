/** Floods through the real cores, one after the other on a quiet network where every servent holds the key; counts what each sends. */

import { strict as assert } from 'node:assert';
import { parseKeyValueFile } from '../servent/key-value-file';
import { encodeQuery, TTL_MAX } from '../shared/wire/overlay/query';
import type { Graph } from '../topologies/graph/graph';
import { questionEndpoint, serventEndpoint } from '../topologies/simulated/address';
import { SimulatedOverlay, type SimulatedOverlayOptions } from '../topologies/simulated/overlay';

export const KEY = Buffer.from('ssh');
export const HOLDER = parseKeyValueFile(Buffer.from('ssh\t22/tcp\n')).pairs;

/** What one flood came to. */
export interface Flood {
  /** Servents that answered, the contact among them. */
  reached: number;
  /** QUERYs sent. */
  queries: number;
}

export type FloodOptions = Pick<SimulatedOverlayOptions, 'seed' | 'path' | 'paths' | 'literal'>;

/** A client that asks by QUERY uses a socket that no question has. */
const STRANGER = questionEndpoint(0xffff);

export class Floods {
  readonly graph: Graph;
  readonly #overlay: SimulatedOverlay;
  #queries = 0;
  #responses = 0;
  #sequence = 0;

  /** Without loss: a flood is asked once, and who answers is who was reached. */
  constructor(graph: Graph, options: FloodOptions) {
    this.graph = graph;
    this.#overlay = new SimulatedOverlay({
      ...options,
      graph,
      pairs: () => HOLDER,
      observers: [
        {
          answered: () => void this.#responses++,
          forwarded: () => void this.#queries++,
        },
      ],
    });
  }

  /** Asks as a client does: by a CLIREQ, so that the contact's neighbours hear ttl 3. */
  ask(contact: number): Flood {
    const question = this.#overlay.ask({ contact, key: KEY });
    const flood = this.#run();
    assert(question.answers.length === flood.reached, 'without loss every answer arrives');
    return flood;
  }

  /**
   * Asks so that the contact's neighbours hear a lower ttl, 0 (not at all) to 2. It must be sent as a QUERY with one hop more:
   * a servent makes no other ttl than 3 of a CLIREQ.
   */
  askWithTtl(contact: number, ttl: number): Flood {
    assert(ttl < TTL_MAX, 'a servent takes a ttl above 3 for 3');
    const query = encodeQuery({ ttl: ttl + 1, client: STRANGER, sequence: this.#sequence++, text: KEY });
    this.#overlay.inject(query, STRANGER, serventEndpoint(contact));
    return this.#run();
  }

  #run(): Flood {
    this.#overlay.run();
    const flood = { reached: this.#responses, queries: this.#queries };
    this.#queries = 0;
    this.#responses = 0;
    return flood;
  }
}
