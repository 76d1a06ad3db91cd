/** Where ZooKeeper is, as a person says it: `host:port,host:port/chroot`. */

import { usageError } from '../../../shared/errors';
import { escapeText } from '../../../shared/escape';
import { peerOf } from '../../../shared/host-port';

export interface ZookeeperPlace {
  /** `host:port,...`. */
  servers: string;
  /** The node under which everything is kept, `/a/b`; empty: the root. */
  chroot: string;
}

/** Reads `host:port,.../chroot`. @throws OperatorError `usage` */
export function parseZookeeperPlace(text: string): ZookeeperPlace {
  const slash = text.includes('/') ? text.indexOf('/') : text.length;
  const servers = text.slice(0, slash);
  const chroot = text.slice(slash).replace(/\/$/, '');
  for (const server of servers.split(',')) peerOf(server, 'a ZooKeeper server');
  if (chroot !== '' && !/^(\/(?!\.{1,2}(\/|$))[^\s/]+)+$/.test(chroot)) {
    throw usageError(
      `expected /name/name behind the ZooKeeper servers, got "${escapeText(chroot)}": that is no path of a node`,
    );
  }
  return { servers, chroot };
}
