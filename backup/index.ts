/**
 * A backup server and its agents as a library, for who runs them in a program of their own: `BackupServer.start` and `startAgent`,
 * and `AdminClient` to ask a server. Loads neither the command line nor any other program.
 */

export { OperatorError, type OperatorErrorCode } from '../shared/errors';
export { AdminClient, type ServerAddress } from './admin/client';
export { type Agent, type AgentSettings, startAgent } from './agent/agent';
export type { Registration } from './registration';
export type { Run } from './repository/history';
export type { AdminQuestions } from './server/admin-wire';
export { BackupServer, type BackupServerSettings } from './server/server';
