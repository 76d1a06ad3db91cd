/**
 * Capture files, for Wireshark and its dissectors: the classic pcap format (draft-ietf-opsawg-pcap), raw IPv4 packets around each
 * datagram or piece of a stream. The headers are made up from the addresses; checksums are left out.
 */

import { type Endpoint, ipOf, portOf } from './endpoint';

/** A datagram, or a piece of a stream. */
export interface Captured {
  /** Milliseconds since 1970. */
  atMs: number;
  transport: 'udp' | 'tcp';
  from: Endpoint;
  to: Endpoint;
  bytes: Uint8Array;
  /** Of a stream: how many bytes went before, this way and the other way. */
  before?: { there: number; back: number };
}

const MAGIC = 0xa1b2c3d4;
/** LINKTYPE_RAW: the packets begin with their IP header. */
const LINK_RAW = 101;
const SNAP_MAX = 262_144;
const IP_HEADER = 20;
const HEADERS = { udp: { protocol: 17, bytes: 8 }, tcp: { protocol: 6, bytes: 20 } } as const;
/** An IPv4 packet holds no more. */
const PAYLOAD_MAX = 65_535 - IP_HEADER - HEADERS.tcp.bytes;

/** The bytes of a file; packets in the order of their times, microseconds. */
export function pcapFile(captured: readonly Captured[]): Uint8Array {
  const inOrder = [...captured].sort((a, b) => a.atMs - b.atMs);
  const records = inOrder.flatMap((one) => {
    const packet = packetOf(one);
    return [recordHeader(one.atMs, packet.length), packet];
  });
  return Buffer.concat([fileHeader(), ...records]);
}

function fileHeader(): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(SNAP_MAX, 16);
  header.writeUInt32LE(LINK_RAW, 20);
  return header;
}

function recordHeader(atMs: number, length: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(Math.floor(atMs / 1000), 0);
  header.writeUInt32LE(Math.floor((atMs % 1000) * 1000), 4);
  header.writeUInt32LE(length, 8);
  header.writeUInt32LE(length, 12);
  return header;
}

function packetOf({ from, to, transport, bytes, before = { there: 0, back: 0 } }: Captured): Buffer {
  const payload = bytes.subarray(0, PAYLOAD_MAX);
  const { protocol, bytes: headerBytes } = HEADERS[transport];
  const packet = Buffer.alloc(IP_HEADER + headerBytes + payload.length);
  packet[0] = 0x45;
  packet.writeUInt16BE(packet.length, 2);
  packet[8] = 64;
  packet[9] = protocol;
  packet.writeUInt32BE(ipOf(from), 12);
  packet.writeUInt32BE(ipOf(to), 16);
  packet.writeUInt16BE(portOf(from), IP_HEADER);
  packet.writeUInt16BE(portOf(to), IP_HEADER + 2);
  if (transport === 'udp') packet.writeUInt16BE(headerBytes + payload.length, IP_HEADER + 4);
  else {
    packet.writeUInt32BE(1 + before.there, IP_HEADER + 4);
    packet.writeUInt32BE(1 + before.back, IP_HEADER + 8);
    // Header length in words, then PSH and ACK.
    packet.writeUInt16BE(0x5018, IP_HEADER + 12);
    packet.writeUInt16BE(65_535, IP_HEADER + 14);
  }
  packet.set(payload, IP_HEADER + headerBytes);
  return packet;
}
