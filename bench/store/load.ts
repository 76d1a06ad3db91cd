/** Load for all contenders alike: so many askers, each with one request under way, and how long each was answered after. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Asks one thing after the other. */
export interface Asker {
  /** Resolves with the answer. @throws for an answer that is no success */
  ask(): Promise<void>;
  close(): void;
}

/** How requests and answers look on a TCP connection. */
export interface Speech {
  port: number;
  /** The next request's bytes. */
  request: () => Uint8Array;
  /** Is this a whole answer? @throws for one that says no */
  isWhole: (bytes: Buffer) => boolean;
}

export interface LoadReport {
  /** Answers a second. */
  rate: number;
  p50Us: number;
  p99Us: number;
  slowestUs: number;
}

/** Keeps every asker asking for so long; what is answered in the first `warmUpSeconds` does not count. */
export async function load(
  askers: readonly Asker[],
  seconds: number,
  { warmUpSeconds = 1, counted = () => {} }: { warmUpSeconds?: number; counted?: () => void } = {},
): Promise<LoadReport> {
  const timesUs: number[] = [];
  const startMs = performance.now();
  const countFromMs = startMs + warmUpSeconds * 1000;
  const endMs = countFromMs + seconds * 1000;
  let begun = false;
  await Promise.all(
    askers.map(async (asker) => {
      for (let fromMs = performance.now(); fromMs < endMs; ) {
        await asker.ask();
        const nowMs = performance.now();
        if (fromMs >= countFromMs) {
          if (!begun) counted();
          begun = true;
          timesUs.push((nowMs - fromMs) * 1000);
        }
        fromMs = nowMs;
      }
    }),
  );
  timesUs.sort((a, b) => a - b);
  const at = (part: number): number => timesUs[Math.min(timesUs.length - 1, Math.floor(timesUs.length * part))]!;
  const rate = timesUs.length / ((performance.now() - countFromMs) / 1000);
  return { rate, p50Us: at(0.5), p99Us: at(0.99), slowestUs: at(1) };
}

/** Asks over one connection that is kept. */
export async function keptAsker(speech: Speech): Promise<Asker> {
  const socket = connect(speech.port, '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
  return { ask: () => exchange(socket, speech), close: () => socket.destroy() };
}

/** Asks over a connection of its own each time, and awaits its end. */
export function oneEachAsker(speech: Speech): Asker {
  return {
    async ask() {
      const socket = connect(speech.port, '127.0.0.1').setNoDelay(true);
      await exchange(socket, speech);
      socket.end();
      await once(socket, 'close');
    },
    close() {},
  };
}

function exchange(socket: Socket, { request, isWhole }: Speech): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer: Buffer | undefined;
    const settle = (error?: Error): void => {
      socket.off('data', received).off('close', closed).off('error', settle);
      if (error) reject(error);
      else resolve();
    };
    const closed = (): void => settle(new Error('the connection was closed before the answer'));
    const received = (bytes: Buffer): void => {
      answer = answer ? Buffer.concat([answer, bytes]) : bytes;
      try {
        if (isWhole(answer)) settle();
      } catch (error) {
        settle(error as Error);
      }
    };
    socket.on('data', received).on('close', closed).on('error', settle);
    socket.write(request());
  });
}
