/** A question's datagrams for other tools: one JSON object a line, or a capture that Wireshark opens. */

import { usageError } from '../../shared/errors';
import { pcapFile } from '../../shared/pcap';
import type { RecordedCopy, RecordedQuestion } from './flood-recorder';

interface Questions {
  questions: readonly RecordedQuestion[];
}

/** In the order in which they were sent. @throws OperatorError `usage` for a question that is not kept */
export function jsonLinesOf(lab: Questions, question: number): string {
  return recordedOf(lab, question)
    .map(({ copy }) => `${JSON.stringify(copy)}\n`)
    .join('');
}

/** The same as packets; the first one's time is the beginning of 1970. @throws OperatorError `usage` for a question that is not kept */
export function captureOf(lab: Questions, question: number): Uint8Array {
  return pcapFile(
    recordedOf(lab, question).map(({ copy, source, destination, datagram }) => ({
      atMs: Math.max(0, copy.sentMs),
      transport: 'udp',
      from: source,
      to: destination,
      bytes: datagram,
    })),
  );
}

function recordedOf({ questions }: Questions, question: number): RecordedCopy[] {
  const found = questions.find(({ view }) => view.id === question);
  if (!found) throw usageError(`expected one of the latest questions, got ${question}`);
  return [...found.recorded].sort((a, b) => a.copy.id - b.copy.id);
}
