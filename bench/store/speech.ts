/** The same work in each contender's words: a document or value of some 100 bytes written, one found. */

import { randomUUID } from 'node:crypto';
import { connect as connectHttp2 } from 'node:http2';
import { DOCUMENT_FRAMES } from '../../shared/wire/documents';
import { encodeFrame } from '../../shared/wire/frame';
import { encodeJson, type Json } from '../../shared/wire/json';
import type { Asker, Speech } from './load';

export const COLLECTION = 'people';
export const SCHEMA = { '*number': 'int', name: 'str', text: 'str' };
const TEXT = 'some sixty bytes of text, as a small document or value may have';
/** Where the numbers of the next documents begin: no two contenders, and no two rounds, write the same. */
let lastNumber = 0;

/** One request of the store, whose answer must be an ok. */
export function storeSpeech(port: number, request: () => readonly Json[]): Speech {
  return {
    port,
    request: () => encodeFrame(encodeJson(request()), DOCUMENT_FRAMES),
    isWhole: (bytes) => {
      if (bytes.length < 2 || bytes.length < 2 + bytes.readUInt16BE(0)) return false;
      if (bytes.toString('latin1', 2, 7) !== '["ok"') throw new Error(bytes.toString('utf8', 2));
      return true;
    },
  };
}

/** A document with a number of its own. */
export function documentOf(number = ++lastNumber): Record<string, Json> {
  return { number, name: `name${number}`, text: TEXT };
}

export function storeInsert(port: number): Speech {
  return storeSpeech(port, () => ['insert', COLLECTION, documentOf()]);
}

/** The same under a request identity. */
export function storeIdentifiedInsert(port: number): Speech {
  return storeSpeech(port, () => ['insert', COLLECTION, documentOf(), { request: randomUUID() }]);
}

/** Finds one document by the index, each time another of `count`. */
export function storeSearch(port: number, count: number): Speech {
  return storeSpeech(port, () => ['search', COLLECTION, { number: pick(count) }]);
}

/** SET, then WAIT until one replica has it. */
export function redisWrite(port: number): Speech {
  return {
    port,
    request: () => {
      const key = `name${++lastNumber}`;
      return Buffer.from(
        `${redisCommand('SET', key, JSON.stringify(documentOf(lastNumber)))}${redisCommand('WAIT', '1', '0')}`,
      );
    },
    isWhole: (bytes) => {
      if (bytes[0] === MINUS) throw new Error(bytes.toString());
      return bytes.length >= '+OK\r\n:1\r\n'.length;
    },
  };
}

export function redisRead(port: number, count: number): Speech {
  return {
    port,
    request: () => Buffer.from(redisCommand('GET', `name${pick(count)}`)),
    isWhole: (bytes) => {
      const head = bytes.indexOf('\r\n');
      if (head < 0) return false;
      const length = Number(bytes.toString('latin1', 1, head));
      if (!(length > 0)) throw new Error(`no value found: ${bytes}`);
      return bytes.length >= head + 2 + length + 2;
    },
  };
}

/** What whoever answers with the same bytes is asked: as many as a search's answer has. */
export function echo(port: number): Speech {
  const request = Buffer.from(JSON.stringify(['ok', [{ _id: randomUUID(), ...documentOf(0) }]]));
  return { port, request: () => request, isWhole: (bytes) => bytes.length >= request.length };
}

/** So many SETs of the values that `redisRead` asks for, as one piece. */
export function redisFilling(count: number): Buffer {
  const commands = Array.from({ length: count }, (_, i) =>
    redisCommand('SET', `name${i + 1}`, JSON.stringify(documentOf(i + 1))),
  );
  return Buffer.from(commands.join(''));
}

/** Puts through etcd's own protocol, gRPC, so many writers to a connection. */
export function etcdWriters(port: number, writers: number, perConnection: number): Asker[] {
  const sessions = Array.from({ length: Math.ceil(writers / perConnection) }, () =>
    connectHttp2(`http://127.0.0.1:${port}`),
  );
  return Array.from({ length: writers }, (_, i) => {
    const session = sessions[i % sessions.length]!;
    return {
      ask: () =>
        new Promise<void>((resolve, reject) => {
          const number = ++lastNumber;
          const stream = session.request(
            { ':method': 'POST', ':path': '/etcdserverpb.KV/Put', 'content-type': 'application/grpc', te: 'trailers' },
            { endStream: false },
          );
          stream.on('trailers', (trailers) => {
            if (String(trailers['grpc-status']) === '0') resolve();
            else reject(new Error(`etcd refused: ${trailers['grpc-message']}`));
          });
          stream.on('error', reject).resume();
          stream.end(grpcPut(`name${number}`, JSON.stringify(documentOf(number))));
        }),
      close: () => session.close(),
    };
  });
}

const MINUS = '-'.charCodeAt(0);

function redisCommand(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

/** A PutRequest, whose fields 1 and 2 are key and value, in gRPC's frame: a flag, four bytes of length. */
function grpcPut(key: string, value: string): Buffer {
  const field = (number: number, text: string): Buffer =>
    Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(Buffer.byteLength(text))]), Buffer.from(text)]);
  const message = Buffer.concat([field(1, key), field(2, value)]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

let picked = 0;
/** From 1 to `count`, jumping about. */
function pick(count: number): number {
  picked = (picked + 7919) % count;
  return picked + 1;
}
