/**
 * What an admin asks of a server over HTTP, and what comes back: `POST /v1/admin/<question>` with a JSON object. WIRE.md in the
 * folder above has it in prose.
 *
 * A refusal has a status of 400 or more and `Refusal` for a body. An answer that is cut off ends without HTTP's last chunk: who
 * reads it gets an error, never an early end.
 */

import type { OperatorErrorCode } from '../../shared/errors';
import type { ProblemRecord, TreeRecord } from '../record';
import type { AgentWire } from '../registration';
import type { Run } from '../repository/history';

export const ADMIN_PATH = '/v1/admin/';

/** What is registered: `node` is `host:port`, or `host` alone where that leaves no doubt. */
export interface SourceRequest {
  node: string;
  path: string;
}

/** One of a source's copies: 1 is the latest. */
export interface CopyRequest extends SourceRequest {
  copy: number;
}

export interface RegisterRequest extends SourceRequest {
  /** Between two runs, milliseconds. */
  everyMs: number;
  /** Copies that stay, 1 or more. */
  keep: number;
  wire: AgentWire;
  /** The agent is asked through TLS. */
  tls: boolean;
  /** Files that look as before are read all the same. */
  paranoid: boolean;
  /** What the agent wants to be told. */
  token?: string;
}

/** Something registered, and where it stands. */
export interface ListedJob extends SourceRequest {
  everyMs: number;
  keep: number;
  wire: AgentWire;
  /** When it runs next, milliseconds since 1970; in the past while it waits for its turn. */
  dueMs: number;
  isRunning: boolean;
  /** Failures since the last success. */
  failures: number;
  lastSuccessMs?: number;
}

/** A copy that was made once, oldest first. */
export interface QueriedCopy {
  /** When its run began, milliseconds since 1970. */
  atMs: number;
  /** Of all its files. */
  bytes: number;
  entries: number;
  /** 1 the latest; not there for one that is no longer kept. */
  copy?: number;
}

export interface ServerStatus {
  version: string;
  folder: string;
  pid: number;
  sinceMs: number;
  parallel: number;
  jobs: number;
  running: RunProgress[];
  /** Kept in packs. */
  chunks: number;
  /** Files found damaged when the folder was opened, and why. */
  damage: string[];
}

/** No request is longer, bytes. */
export const ADMIN_REQUEST_MAX = 256 * 1024;

/** How far a run is. */
export interface RunProgress extends SourceRequest {
  atMs: number;
  /** Of the tree, so far. */
  entries: number;
  bytes: number;
  /** Bytes that came from the agent so far. */
  travelled: number;
}

/** Lines of the answer to `run`: the last one is the end. */
export type RunLine = ({ type: 'progress' } & RunProgress) | ({ type: 'end' } & Run);

/** Lines of the answer to `verify`: what is done of all, in bytes; each damage; at last the end. */
export type VerifyLine =
  | { type: 'progress'; done: number; total: number }
  | { type: 'damage'; file: string; message: string }
  | { type: 'end'; files: number; bytes: number; damaged: number };

/** Lines of the answer to `ls`: the records of a copy at or below `below`, without their chunks. */
export interface LsRequest extends CopyRequest {
  /** '' for all of it. */
  below: string;
}
export type LsLine = TreeRecord | ProblemRecord;

/** Each question with its request and its answer: an object, lines, or bytes. */
export interface AdminQuestions {
  register: { request: RegisterRequest; answer: { isNew: boolean; node: string } };
  unregister: { request: SourceRequest & { purge: boolean }; answer: { purged: number } };
  list: { request: object; answer: { jobs: ListedJob[] } };
  query: { request: SourceRequest; answer: { copies: QueriedCopy[] } & SourceRequest };
  status: { request: object; answer: ServerStatus };
  shutdown: { request: object; answer: object };
  history: { request: Partial<SourceRequest>; answer: Lines<Run> };
  run: { request: SourceRequest; answer: Lines<RunLine> };
  verify: { request: object; answer: Lines<VerifyLine> };
  ls: { request: LsRequest; answer: Lines<LsLine> };
  /** A tar.gz. */
  save: { request: CopyRequest; answer: CopyBytes };
  /** What a restore takes, as restore/ has it: frames of lines and blocks. */
  restore: { request: LsRequest; answer: CopyBytes };
}

/** An answer that comes line by line, a JSON object each. */
export type Lines<Line> = AsyncGenerator<Line>;

/** An answer in bytes. What stands beside them travels in a header, as JSON. */
export interface CopyBytes extends CopyInfo {
  bytes: AsyncIterable<Buffer>;
}

export interface CopyInfo extends SourceRequest {
  /** The copy's own number, which no other copy of that node and path has. */
  number: number;
  /** Of all its files, for progress. */
  copyBytes: number;
}
export const COPY_HEADER = 'backup-copy';

/** Why there is no answer, in one sentence. */
export interface Refusal {
  error: { code: OperatorErrorCode; message: string };
}
