/** Addresses as Node's sockets want and give them: text. Remembers those met lately, since every datagram brings one or two. */

import { formatIp, parseIp } from '../endpoint';

/** A servent's neighbours and the clients of some seconds: 3 MiB at most; beyond it the memory starts anew. */
const REMEMBERED_MAX = 16_384;

/** Bounded by REMEMBERED_MAX. */
const texts = new Map<number, string>();
/** Bounded by REMEMBERED_MAX. */
const ips = new Map<string, number>();

/** `10.0.0.1` for 0x0a000001. */
export function textOfIp(ip: number): string {
  let text = texts.get(ip);
  if (text === undefined) {
    text = formatIp(ip);
    if (texts.size >= REMEMBERED_MAX) texts.clear();
    texts.set(ip, text);
  }
  return text;
}

/** The number of an IPv4 address that the system wrote. */
export function ipOfText(text: string): number {
  let ip = ips.get(text);
  if (ip === undefined) {
    ip = parseIp(text) ?? 0;
    if (ips.size >= REMEMBERED_MAX) ips.clear();
    ips.set(text, ip);
  }
  return ip;
}
