/** `backup agent`: lends a folder until a signal ends it. */

import { escapeText } from '../../shared/escape';
import { interrupted, type Streams } from '../../shared/program/run-main';
import type { AgentOptions } from '../options';
import { readTextFile, readToken } from '../text-file';
import { startAgent } from './agent';

/** Runs the command. Gives the exit status. @throws OperatorError */
export async function runAgent(options: AgentOptions, streams: Streams): Promise<number> {
  const { root, listen, wire, tokenFile, tls, paranoid, json } = options;
  const ended = interrupted(streams);
  const agent = await startAgent({
    ...listen,
    root,
    wire,
    paranoid,
    token: await readToken(tokenFile),
    tls: tls && {
      cert: await readTextFile(tls.certFile, 'a certificate'),
      key: await readTextFile(tls.keyFile, 'a key'),
    },
    onQuestion(peer, question, outcome) {
      if (json) streams.out(JSON.stringify({ event: 'question', peer, question, outcome }));
      else if (outcome !== 'answered')
        streams.err(`backup agent: ${peer} ${escapeText(question)}: ${escapeText(outcome)}`);
    },
  });
  const line = `backup agent listening on ${agent.address}, lends ${agent.root}`;
  streams.out(json ? JSON.stringify({ event: 'ready', address: agent.address, root: agent.root }) : line);
  await ended;
  agent.close();
  return 0;
}
