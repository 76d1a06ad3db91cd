/** Which kinds of IPv4 addresses there are, each as its number of 0 to 2^32 - 1. */

/** A block of addresses: those whose bits under the mask equal the base's. */
export interface Cidr {
  base: number;
  mask: number;
}

/** Does the address stand in the block? */
export function isWithin(ip: number, { base, mask }: Cidr): boolean {
  return (ip & mask) >>> 0 === base;
}

/** 127.0.0.0/8 (RFC 1122 section 3.2.1.3). */
export function isLoopback(ip: number): boolean {
  return ip >>> 24 === 127;
}

/** Is this a private address: 10/8, 172.16/12, 192.168/16 (RFC 1918), 169.254/16 (RFC 3927), 100.64/10 (RFC 6598)? */
export function isPrivate(ip: number): boolean {
  return PRIVATE.some((block) => isWithin(ip, block));
}

/** Can a client be answered at this address? Not at 0.0.0.0/8, multicast (224/4) or 255.255.255.255 (specification, section 3). */
export function isClientIp(ip: number): boolean {
  const first = ip >>> 24;
  return first !== 0 && (first < 224 || first > 239) && ip !== 0xffff_ffff;
}

const PRIVATE: readonly Cidr[] = [
  { base: 0x0a00_0000, mask: 0xff00_0000 },
  { base: 0xac10_0000, mask: 0xfff0_0000 },
  { base: 0xc0a8_0000, mask: 0xffff_0000 },
  { base: 0xa9fe_0000, mask: 0xffff_0000 },
  { base: 0x6440_0000, mask: 0xffc0_0000 },
];
