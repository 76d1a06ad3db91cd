/**
 * Ties a program to whoever started it: it ends when the starter is gone, however that went. A channel between the two tells, for
 * the system closes it also after `kill -9`. Only a starter that asks for it, by this name in the environment, opens one.
 */

/** Set in the environment of a program that shall end with its starter. */
export const TIED = 'SERVENT_TIED';

/** Ends this process as SIGTERM does when its starter is gone, where that was asked for. */
export function endWithStarter(): void {
  if (!process.channel || process.env[TIED] === undefined) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // To listen would keep the process alive.
  process.channel.unref();
}
