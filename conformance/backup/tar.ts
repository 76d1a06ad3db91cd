/** What is in a tar, read for judging alone: names and contents of regular files and the names of all else, or the reason why it is none. */

import { Unmet } from '../unmet';

const BLOCK = 512;

export interface Member {
  name: string;
  isFile: boolean;
  contents: Buffer;
}

/** All members in their order. @throws Unmet for what is no tar */
export function membersOf(tar: Buffer): Member[] {
  const members: Member[] = [];
  let longName: string | undefined;
  for (let at = 0; ; ) {
    const header = tar.subarray(at, at + BLOCK);
    if (header.length < BLOCK) throw new Unmet('a tar that ends with an empty block', `its end at byte ${at}`);
    if (header.every((byte) => byte === 0)) return members;
    checkSum(header, at);
    const size = sizeOf(header);
    const contents = tar.subarray(at + BLOCK, at + BLOCK + size);
    if (contents.length < size) throw new Unmet(`${size} bytes of a member`, `${contents.length}`);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const type = String.fromCharCode(header[156]!);
    if (type === 'L') longName = textOf(contents);
    else if (type === 'x') longName = pathOf(contents) ?? longName;
    else if (type !== 'g') {
      members.push({ name: longName ?? nameOf(header), isFile: type === '0' || type === '\0', contents });
      longName = undefined;
    }
  }
}

/** The sum of all bytes, those of the sum itself as blanks. */
function checkSum(header: Buffer, at: number): void {
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  const said = Number.parseInt(textOf(header.subarray(148, 156)), 8);
  if (said !== sum) throw new Unmet(`the sum ${sum} in the tar's header at byte ${at}`, String(said));
}

/** Octal digits, or with the first bit set a binary number. */
function sizeOf(header: Buffer): number {
  if (header[124]! & 0x80) return header.readUIntBE(130, 6);
  return Number.parseInt(textOf(header.subarray(124, 136)).trim() || '0', 8);
}

function nameOf(header: Buffer): string {
  const name = textOf(header.subarray(0, 100));
  const prefix = header.subarray(257, 263).toString('latin1') === 'ustar\0' ? textOf(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** The path of a pax header: records of `length key=value\n`. */
function pathOf(records: Buffer): string | undefined {
  for (let at = 0; at < records.length; ) {
    const length = Number.parseInt(records.subarray(at).toString('latin1'), 10);
    if (!(length > 0)) return undefined;
    const record = records.subarray(at, at + length - 1).toString();
    const [, key, value] = /^\d+ ([^=]*)=([\s\S]*)$/.exec(record) ?? [];
    if (key === 'path') return value;
    at += length;
  }
  return undefined;
}

/** Up to the first NUL. */
function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end < 0 ? bytes.length : end).toString();
}
