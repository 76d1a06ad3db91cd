/** The kinds of program that can be graded: a kind is its cases, and what its programs must be told. */

import { AGENT_CASES } from './backup/agent-cases';
import type { Case } from './case';
import { DOCUMENT_CASES } from './documents/documents-cases';
import { frameWords } from './documents/documents-scene';
import { REPLICATION_CASES } from './documents/replication-cases';
import type { Said } from './exchange';
import { KEY_VALUE_CASES } from './key-value/key-value-cases';
import { CLIENT_CASES } from './overlay/client-cases';
import { CLIREQ_CASES } from './overlay/clireq-cases';
import { FILE_CASES } from './overlay/file-cases';
import { MESSAGE_CASES } from './overlay/message-cases';
import { datagramWords, shown } from './overlay/messages';
import { MIXED_CASES } from './overlay/mixed-cases';
import { QUERY_CASES } from './overlay/query-cases';
import { START_CASES } from './overlay/start-cases';
import { BESIDE_CASES } from './rest/beside-cases';
import { httpWords } from './rest/http';
import { REST_CASES } from './rest/rest-cases';
import { IN_SYNC_MIN } from './store-scene';

export interface Kind {
  /** As on the command line. */
  name: string;
  about: string;
  /** What may stand in the program's words, with its meaning. */
  placeholders: Readonly<Record<string, string>>;
  /** A command line as an example of what is graded. */
  example: string;
  /** The first is the one without which no other can hold. */
  cases: readonly Case[];
  /** Cases at work at the same time; those of a client mostly wait. */
  sideBySide: number;
  /** So many ports the programs of one case have at most. */
  portsMax: number;
  /** What was said, in words. */
  wordsOf(said: Said): string;
}

export const KINDS: readonly Kind[] = [
  {
    name: 'servent',
    about: 'Grade a servent of the overlay',
    placeholders: {
      port: 'the UDP port to bind',
      file: 'path of its key-value file',
      neighbours: 'its neighbours, each ip:port',
    },
    example: 'python3 servent.py {port} {file} {neighbours}',
    cases: [...START_CASES, ...FILE_CASES, ...MESSAGE_CASES, ...CLIREQ_CASES, ...QUERY_CASES, ...MIXED_CASES],
    sideBySide: 8,
    portsMax: 1,
    wordsOf: ({ bytes }) => datagramWords(bytes),
  },
  {
    name: 'client',
    about: 'Grade a client of the overlay, which reads keys from its standard input',
    placeholders: {
      contact: 'its contact servent, ip:port',
      ip: "the contact servent's address",
      port: "the contact servent's port",
    },
    example: 'python3 client.py {contact}',
    cases: CLIENT_CASES,
    sideBySide: 32,
    portsMax: 1,
    wordsOf: ({ bytes }) => datagramWords(bytes),
  },
  {
    name: 'documents',
    about: 'Grade a replicated document store',
    placeholders: {
      path: 'the folder of the store, the same for all replicas of a case',
      address: 'the ip:port to serve at',
      port: 'the port of that',
      leader: "the leader's ip:port, no word for the first replica",
      ...IN_SYNC_MIN,
    },
    example: 'store {path} {address} {leader}',
    cases: [...DOCUMENT_CASES, ...REPLICATION_CASES],
    sideBySide: 4,
    portsMax: 2,
    wordsOf: ({ bytes }) => frameWords(bytes),
  },
  {
    name: 'kv',
    about: 'Grade a key-value store of several servers, one of which leads',
    placeholders: {
      address: 'the ip:port to serve at',
      port: 'the port of that',
      leader: "the leader's ip:port, its own for the one that leads",
      leaderport: 'the port of that',
      path: 'a folder, the same for all servers of a case',
      own: 'a further ip:port, for what servers say to each other',
      join: "the leader's {own}, no word for the one that leads",
      ...IN_SYNC_MIN,
    },
    example: 'python3 server.py {port} {leaderport}',
    cases: KEY_VALUE_CASES,
    sideBySide: 4,
    portsMax: 2,
    wordsOf: ({ bytes }) => shown(bytes),
  },
  {
    name: 'backup-agent',
    about: 'Grade a backup agent of the simple wire',
    placeholders: {
      root: 'the folder that it lends, an absolute path',
      address: 'the ip:port to serve at',
      port: 'the port of that',
    },
    example: 'python3 agent.py {port}',
    cases: AGENT_CASES,
    sideBySide: 4,
    portsMax: 1,
    wordsOf: ({ bytes }) => shown(bytes),
  },
  {
    name: 'rest',
    about: 'Grade a store of forms over HTTP',
    placeholders: {
      http: 'the ip:port to serve HTTP at',
      port: 'the port of that',
      leaderhttp: "the leader's {http}, no word for the first replica",
      address: 'a further ip:port, for what replicas say to each other',
      leader: "the leader's {address}, no word for the first replica",
      path: 'the folder of the store, the same for all replicas of a case',
      ...IN_SYNC_MIN,
    },
    example: 'store {path} {address} {leader} --http {http}',
    cases: [...REST_CASES, ...BESIDE_CASES],
    sideBySide: 4,
    portsMax: 2,
    wordsOf: ({ bytes }) => httpWords(bytes),
  },
];
