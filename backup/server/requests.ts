/** Requests of admins, checked: what comes is any JSON object. */

import { checkBoolean, checkChoice, checkRange, type NumberRange } from '../../shared/checks';
import { usageError } from '../../shared/errors';
import { formatPeer, peerOf } from '../../shared/host-port';
import { AGENT_WIRES, type Registration } from '../registration';
import type { CopyRequest, LsRequest, SourceRequest } from './admin-wire';

/** Turns are at least a tenth of a second and at most ten years apart. */
export const EVERY_MS: NumberRange = { min: 100, max: 10 * 366 * 24 * 60 * 60 * 1000, unit: 'milliseconds' };
/** Copies that stay where nobody says (specification, section 2). */
export const KEEP_DEFAULT = 10;
export const KEEP: NumberRange = { min: 1, max: 1_000_000, integer: true };
const COPY: NumberRange = { min: 1, max: 1_000_000, integer: true };
/** Longest path and token, characters. */
const TEXT_MAX = 32 * 1024;

/** @throws OperatorError `usage` */
export function registrationOf(request: object): Registration {
  const { node, path, everyMs, keep, wire, tls, paranoid, token } = request as Partial<Registration>;
  const chosen = checkChoice('wire', wire, AGENT_WIRES);
  return {
    node: nodeOf(textOf('node', node)),
    path: chosen === 'simple' ? simplePathOf(textOf('path', path)) : pathOf(textOf('path', path)),
    everyMs: checkRange('the frequency', everyMs, EVERY_MS),
    keep: checkRange('keep', keep, KEEP),
    // That wire knows neither: one run at a time is all that its agents can do.
    oneAtATime: chosen === 'simple',
    wire: chosen,
    tls: checkBoolean('tls', tls),
    paranoid: checkBoolean('paranoid', paranoid),
    ...(token === undefined ? {} : { token: textOf('token', token) }),
  };
}

/** @throws OperatorError `usage` */
export function sourceOf(request: object): SourceRequest {
  const { node, path } = request as Partial<SourceRequest>;
  return { node: textOf('node', node), path: textOf('path', path) };
}

/** @throws OperatorError `usage` */
export function copyRequestOf(request: object): CopyRequest {
  return { ...sourceOf(request), copy: checkRange('copy', (request as Partial<CopyRequest>).copy, COPY) };
}

/** @throws OperatorError `usage` */
export function lsRequestOf(request: object): LsRequest {
  return { ...copyRequestOf(request), below: pathOf(textOf('below', (request as Partial<LsRequest>).below)) };
}

/**
 * A path below an agent's root, as it is kept: parts joined by `/`, '' for the root itself.
 * @throws OperatorError `usage` for an absolute one or one that leads out
 */
export function pathOf(path: string): string {
  if (path.startsWith('/')) throw usageError(`expected a path below the agent's root, got "${path}"`);
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw usageError(`expected a path below the agent's root, got "${path}"`);
  if (path.includes('\0')) throw usageError('expected a path, got one with a NUL');
  return parts.join('/');
}

/** On that wire a colon ends the path, and a newline the line. @throws OperatorError `usage` */
function simplePathOf(path: string): string {
  if (/[:\n\r\0]/.test(path) || path === '') {
    throw usageError(`expected a path without a colon or a newline for an agent of the simple wire, got "${path}"`);
  }
  return path;
}

/** `host:port` of an agent. */
function nodeOf(node: string): string {
  return formatPeer(peerOf(node, 'the agent'));
}

function textOf(name: string, value: unknown): string {
  if (typeof value === 'string' && value.length <= TEXT_MAX) return value;
  throw usageError(`expected a text of at most ${TEXT_MAX} characters for ${name}`);
}
