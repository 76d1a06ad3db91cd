/** The scene of a backup agent's cases: the agent, a tree of files below its root, and servers of ours that ask for it. */

import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { formatEndpoint } from '../../shared/endpoint';
import { escapeText } from '../../shared/escape';
import type { Case, CaseName } from '../case';
import type { Party } from '../exchange';
import type { Ground } from '../ground';
import { onLoopback } from '../overlay/messages';
import { Stream } from '../stream';
import { same, Unmet } from '../unmet';
import { type Member, membersOf } from './tar';

/** What an agent says first. */
export const UPDATES = 'updates needed: y';
export const NO_UPDATES = 'updates needed: n';

/** Longest tar that is unpacked, bytes: the trees of the cases are far smaller. */
const TAR_MAX = 64 << 20;

/** A case of an agent as it is written. */
export interface AgentCase extends CaseName {
  scene(scene: AgentScene): Promise<void>;
}

/** A copy as the agent sent it. */
export interface Copy {
  members: Member[];
  /** Of the contents of its regular files, in the tar's order. */
  md5: string;
}

export class AgentScene {
  readonly ground: Ground;
  readonly agent: Party;
  /** The folder that is lent, an absolute path without links. */
  readonly root: string;

  constructor(ground: Ground, agent: Party, root: string) {
    this.ground = ground;
    this.agent = agent;
    this.root = root;
  }

  /** The path of something below the root. */
  at(name: string): string {
    return join(this.root, name);
  }

  /** Writes a file below the root, with the folders that it needs. */
  write(name: string, contents: string | Uint8Array): void {
    mkdirSync(join(this.at(name), '..'), { recursive: true });
    writeFileSync(this.at(name), contents);
  }

  connects(name = 'server'): Promise<Stream> {
    return Stream.open(name, this.ground, this.agent);
  }

  /** All that the agent answers to a line until it closes. @throws Unmet when it does not close */
  async answers(line: string | Uint8Array): Promise<Buffer> {
    const server = await this.connects();
    server.says(typeof line === 'string' ? Buffer.from(line) : line);
    return server.hearsAll(this.ground.terms.startMs);
  }

  /** Asks for a path, and gives the copy. @throws Unmet where there is none */
  async fetches(path: string, md5 = ''): Promise<Copy> {
    return copyOf(await this.answers(`${path}:${md5}\n`));
  }

  /** @throws Unmet when an agent that knows of nothing new says anything else */
  async saysNothingNew(path: string, md5: string): Promise<void> {
    same('the answer', shownOf(await this.answers(`${path}:${md5}\n`)), NO_UPDATES);
  }

  /** @throws Unmet when the agent says a byte before it closes */
  async refuses(line: string): Promise<void> {
    same('bytes before the close', shownOf(await this.answers(line)), '');
  }

  /** @throws Unmet when the agent no longer serves */
  async stillServes(): Promise<void> {
    same('the file', contentsOf(await this.fetches(this.at('tree')), 'tree/one'), 'the first');
  }
}

/** Takes an answer apart. @throws Unmet where it is not what a server can read */
export function copyOf(answer: Buffer): Copy {
  same('the first 17 bytes', shownOf(answer.subarray(0, UPDATES.length)), UPDATES);
  let tar: Buffer;
  try {
    tar = gunzipSync(answer.subarray(UPDATES.length), { maxOutputLength: TAR_MAX });
  } catch (error) {
    throw new Unmet('a tar.gz behind the first 17 bytes', escapeText((error as Error).message));
  }
  const members = membersOf(tar);
  const md5 = createHash('md5');
  for (const { isFile, contents } of members) if (isFile) md5.update(contents);
  return { members, md5: md5.digest('hex') };
}

/** The contents of one file of a copy, by the end of its name: how names begin is a rule of its own. @throws Unmet where it is not in there */
export function contentsOf({ members }: Copy, name: string): string {
  const found = members.find((member) => member.isFile && `/${member.name}`.endsWith(`/${name}`));
  if (!found) throw new Unmet(`a member ${escapeText(name)}`, namesOf(members));
  return found.contents.toString('latin1');
}

/** The beginning of bytes, safe to show. */
export function shownOf(bytes: Buffer): string {
  return escapeText(bytes.subarray(0, 80).toString('latin1'));
}

function namesOf(members: readonly Member[]): string {
  return escapeText(members.map(({ name }) => name).join(', ').slice(0, 300)) || 'an empty tar'; // biome-ignore format: one sentence
}

/** Lends a small tree, starts the agent, and plays the scene. */
export function agentCase({ scene, ...name }: AgentCase): Case {
  return {
    ...name,
    async play(ground) {
      const root = join(realpathSync(ground.folder()), 'root');
      const port = await ground.takePort();
      const agent = { name: 'program', endpoint: onLoopback(port) };
      const played = new AgentScene(ground, agent, root);
      played.write('tree/one', 'the first');
      played.write('tree/folder/two', 'the second');
      const address = formatEndpoint(agent.endpoint);
      await ground.startServing('tcp', port, { root, address, port: String(port) });
      await scene(played);
    },
  };
}
