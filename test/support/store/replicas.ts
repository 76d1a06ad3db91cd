/** Real replicas as processes on loopback, all beneath one folder. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, start } from '../commands';

export interface ReplicaProcess extends Command {
  address: string;
}

/** Where a replica speaks one of its other dialects, `host:port`. */
export function doorOf(replica: ReplicaProcess, dialect: 'kv' | 'http'): string {
  return new RegExp(`${dialect} at ([^,]+),`).exec(replica.out())![1]!;
}

export class Replicas {
  readonly path = mkdtempSync(join(tmpdir(), 'store-'));

  /** Starts one, and gives it once it serves. */
  async start(address = '127.0.0.1:0', words: readonly string[] = []): Promise<ReplicaProcess> {
    const command = start('store', [this.path, address, ...words]);
    const ready = await command.until(/serving at (\S+),/);
    return Object.assign(command, { address: ready[1]! });
  }

  /** A leader and followers, all in sync. */
  async startAll(count: number, words: readonly string[] = []): Promise<ReplicaProcess[]> {
    const leader = await this.start(undefined, words);
    await leader.until(/leads epoch/);
    const followers: ReplicaProcess[] = [];
    while (followers.length < count - 1) {
      const follower = await this.start(undefined, [leader.address, ...words]);
      await follower.until(/store follows/);
      followers.push(follower);
    }
    return [leader, ...followers];
  }

  /** Ends one as the machine would, without a word. */
  async kill(command: ReplicaProcess): Promise<void> {
    command.child.kill('SIGKILL');
    await command.ended();
  }

  /** Takes the files away; the processes are ended by `endAllCommands`. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
