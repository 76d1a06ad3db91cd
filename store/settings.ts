/** What a replica can be told, however it is told: the settings' types, defaults and ranges. Knows no command line. */

import { checkObject, checkRange, checkText, type NumberRange } from '../shared/checks';
import { usageError } from '../shared/errors';
import { type HostPort, hostPortOf, listenAtOf, peerOf } from '../shared/host-port';
import { parseZookeeperPlace } from './coordination/zookeeper/servers';

/** What `connect` takes besides the path. */
export interface StoreSettings {
  /** `host:port` to serve at; port 0 for one that the system chooses. */
  host: string;
  /** `host:port` of the leader, or of any replica that knows it. None: found a store, or come back to one. */
  leader?: string | undefined;
  /** `host:port` told to others in the place of `host`. */
  advertise?: string | undefined;
  /** Where the record lies in ZooKeeper, `host:port,.../chroot`. Default: a folder of this machine. */
  zookeeper?: string | undefined;
  /** `host:port` to serve forms over HTTP at, besides; port 0 for one that the system chooses. */
  http?: string | undefined;
  /** `host:port` to serve the key-value dialect at, besides; port 0 for one that the system chooses. */
  kv?: string | undefined;
  /** Tells a line for each request of the key-value dialect. Default false. */
  kvLog?: boolean;
  /** How late this replica, while it follows, learns what is committed, milliseconds: to show stale reads. Default 0. */
  kvDelayMs?: number;
  /** `host:port` of servers of somebody else's that get this replica's writes too while it leads, by REPLICATION. */
  kvReplicate?: readonly string[];
  /** How long a session lasts without its holder, milliseconds. Default 3000. */
  sessionMs?: number;
  /** A follower that does not acknowledge for so long is taken out of those in sync, milliseconds. Default 2000. */
  ackMs?: number;
  /** Deadline of a client's request, milliseconds. Default 30,000. */
  requestMs?: number;
  /** Writes are refused while fewer replicas are in sync, the leader among them. Default 1. */
  minInSync?: number;
  /** Connections held at once, clients' and replicas'. Default 4096. */
  connectionsMax?: number;
}

/** All of it, checked. */
export interface StoreOptions extends HostPort {
  /** The folder beneath which each replica has its own. */
  path: string;
  leader: string | undefined;
  advertise: string | undefined;
  zookeeper: string | undefined;
  http: HostPort | undefined;
  kv: HostPort | undefined;
  kvLog: boolean;
  kvDelayMs: number;
  kvReplicate: readonly string[];
  sessionMs: number;
  ackMs: number;
  requestMs: number;
  minInSync: number;
  connectionsMax: number;
}

/** A day: longer than anybody waits. */
export const SECONDS_MAX = 86_400;
const TIME_MAX_MS = SECONDS_MAX * 1000;

/** The settings that are numbers: what each is where it is not given, and what it may be. */
export const NUMBERS = {
  kvDelayMs: { otherwise: 0, range: { min: 0, max: TIME_MAX_MS, unit: 'milliseconds' } },
  sessionMs: { otherwise: 3000, range: { min: 100, max: TIME_MAX_MS, unit: 'milliseconds' } },
  ackMs: { otherwise: 2000, range: { min: 50, max: TIME_MAX_MS, unit: 'milliseconds' } },
  requestMs: { otherwise: 30_000, range: { min: 50, max: TIME_MAX_MS, unit: 'milliseconds' } },
  minInSync: { otherwise: 1, range: { min: 1, max: 100, unit: 'replicas', integer: true } },
  connectionsMax: { otherwise: 4096, range: { min: 1, max: 65_536, unit: 'connections', integer: true } },
} as const satisfies Record<string, { otherwise: number; range: NumberRange }>;

/** Every setting there is. */
const KNOWN: Record<keyof StoreSettings, true> = {
  host: true,
  leader: true,
  advertise: true,
  zookeeper: true,
  http: true,
  kv: true,
  kvLog: true,
  kvDelayMs: true,
  kvReplicate: true,
  sessionMs: true,
  ackMs: true,
  requestMs: true,
  minInSync: true,
  connectionsMax: true,
};

/** Checks what a caller gives. @throws OperatorError `usage` that names the setting */
export function parseStore(path: string, settings: StoreSettings): StoreOptions {
  checkObject('the settings of a replica', settings, Object.keys(KNOWN));
  const { leader, advertise, zookeeper, http, kv, kvLog = false, kvReplicate = [] } = settings;
  for (const server of kvReplicate) peerOf(server, 'a server to replicate to');
  if (leader !== undefined) peerOf(leader, 'the leader');
  if (leader !== undefined && leader === settings.host) {
    throw usageError(`expected another replica as the leader, got "${leader}": that is this replica itself`);
  }
  if (advertise !== undefined) peerOf(advertise, 'the address told to others');
  if (zookeeper !== undefined) parseZookeeperPlace(zookeeper);
  const number = (name: keyof typeof NUMBERS): number =>
    checkRange(name, settings[name] ?? NUMBERS[name].otherwise, NUMBERS[name].range);
  return {
    path: checkText('the path of a folder', path),
    ...ownAddress(checkText('host', settings.host), 'the address to serve at'),
    leader,
    advertise,
    zookeeper,
    http: http === undefined ? undefined : listenAtOf(http, 'the address to serve HTTP at'),
    kv: kv === undefined ? undefined : ownAddress(kv, 'the address to serve key-value at'),
    kvLog,
    kvDelayMs: number('kvDelayMs'),
    kvReplicate,
    sessionMs: number('sessionMs'),
    ackMs: number('ackMs'),
    requestMs: number('requestMs'),
    minInSync: number('minInSync'),
    connectionsMax: number('connectionsMax'),
  };
}

/** Our own address may leave the port to the system. */
function ownAddress(text: string, what: string): HostPort {
  const free = /^(.*):0$/.exec(text);
  const { host, port } = hostPortOf(peerOf(free ? `${free[1]}:1` : text, what));
  return { host, port: free ? 0 : port };
}
