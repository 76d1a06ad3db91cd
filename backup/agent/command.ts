/** `backup agent`: lends a folder until a signal ends it. */

import type { Server as HttpServer } from 'node:http';
import { escapeText } from '../../shared/escape';
import { interrupted, type Streams } from '../../shared/program/run-main';
import { listen } from '../listen';
import type { AgentOptions } from '../options';
import { simpleAgent } from '../simple/agent';
import { readTextFile, readToken } from '../text-file';
import { Root } from './root';
import { agentServer } from './serve';

/** Runs the command. Gives the exit status. @throws OperatorError */
export async function runAgent(options: AgentOptions, streams: Streams): Promise<number> {
  const { root: folder, listen: at, tokenFile, tls, json } = options;
  const ended = interrupted(streams);
  const root = Root.of(folder);
  const onQuestion = (peer: string, question: string, outcome: string): void => {
    if (json) streams.out(JSON.stringify({ event: 'question', peer, question, outcome }));
    else if (outcome !== 'answered')
      streams.err(`backup agent: ${peer} ${escapeText(question)}: ${escapeText(outcome)}`);
  };
  const http = {
    root,
    token: await readToken(tokenFile),
    tls: tls && {
      cert: await readTextFile(tls.certFile, 'a certificate'),
      key: await readTextFile(tls.keyFile, 'a key'),
    },
    onQuestion,
  };
  const server = options.wire === 'simple' ? simpleAgent(root, onQuestion) : agentServer(http);
  const address = await listen(server, at.host, at.port);
  const line = `backup agent listening on ${address}, lends ${root.path}`;
  streams.out(json ? JSON.stringify({ event: 'ready', address, root: root.path.toString() }) : line);
  await ended;
  server.close();
  if ('closeAllConnections' in server) (server as HttpServer).closeAllConnections();
  return 0;
}
