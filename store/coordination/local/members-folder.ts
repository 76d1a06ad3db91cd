/** Who is alive, as a folder shows it: a lease for each member, in a file named after the member's identity. */

import { join } from 'node:path';
import type { Configuration, Member } from '../coordination';
import type { Notices } from '../notices';
import { codeOf, type Files } from './files';
import { formatLease, holdsMs, type Lease, parseLease } from './lease';

const LEASE_NAME = /^(.+)\.json$/;

export class MembersFolder {
  readonly #folder: string;
  readonly #files: Files;
  readonly #notices: Notices;

  constructor(folder: string, files: Files, notices: Notices) {
    this.#folder = folder;
    this.#files = files;
    this.#notices = notices;
  }

  /** Whose lease holds, and for how long none can lapse, in ms. Undefined: the folder cannot be read. */
  async alive(boot: string, nowMs: number): Promise<{ members: Member[]; lapseMs: number } | undefined> {
    const members: Member[] = [];
    let lapseMs = Number.POSITIVE_INFINITY;
    try {
      const names = await this.#files.list(this.#folder);
      this.#notices.fine(this.#folder);
      for (const name of names.filter((each) => LEASE_NAME.test(each)).sort()) {
        const lease = await this.#leaseIn(join(this.#folder, name));
        const leftMs = lease ? holdsMs(lease, boot, nowMs) : 0;
        if (lease === undefined || leftMs === 0) continue;
        members.push({ id: lease.id, address: lease.address });
        lapseMs = Math.min(lapseMs, leftMs);
      }
    } catch (error) {
      this.#notices.amiss(this.#folder, `cannot read ${this.#folder}: ${codeOf(error)}`);
      return undefined;
    }
    return { members, lapseMs };
  }

  /** Writes a lease in the place of the holder's last one; false: it could not be written. */
  async write(lease: Lease, configuration: Configuration | undefined): Promise<boolean> {
    const path = this.#path(lease.id);
    const draft = join(this.#folder, `${lease.id}.draft`);
    try {
      await this.#files.write(draft, formatLease(lease, configuration));
      await this.#files.rename(draft, path);
      this.#notices.fine(`${path} written`);
      return true;
    } catch (error) {
      this.#notices.amiss(`${path} written`, `cannot write ${path}: ${codeOf(error)}`);
      await this.#files.remove(draft).catch(() => {});
      return false;
    }
  }

  async remove(id: string): Promise<void> {
    await this.#files.remove(this.#path(id)).catch(() => {});
  }

  /** Calls when somebody came or went, as far as the system tells: of those who are known, a lease written anew is no news. */
  watch(knows: (id: string) => boolean, changed: () => void): () => void {
    return this.#files.watch(this.#folder, async (name) => {
      const id = LEASE_NAME.exec(name)?.[1];
      if (id === undefined) return;
      const isThere = knows(id) && (await this.#files.read(this.#path(id)).catch(() => undefined)) !== undefined;
      if (!isThere) changed();
    });
  }

  async #leaseIn(path: string): Promise<Lease | undefined> {
    try {
      const lease = parseLease(await this.#files.read(path));
      if (lease) this.#notices.fine(path);
      else this.#notices.amiss(path, `expected a lease in ${path}, got a damaged file: its holder counts as gone`);
      return lease;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') this.#notices.fine(path);
      else this.#notices.amiss(path, `cannot read ${path}: ${codeOf(error)}`);
      return undefined;
    }
  }

  #path(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}
