/**
 * All that was said as a capture file, for Wireshark and its dissectors: the classic pcap format (draft-ietf-opsawg-pcap), raw IPv4
 * packets around each datagram or piece of a stream. The headers are made up from the addresses; checksums are left out.
 */

import { ipOf, portOf } from '../../shared/endpoint';
import type { Said } from '../exchange';
import type { Verdict } from '../run-cases';

const MAGIC = 0xa1b2c3d4;
/** LINKTYPE_RAW: the packets begin with their IP header. */
const LINK_RAW = 101;
const SNAP_MAX = 262_144;
const IP_HEADER = 20;
const HEADERS = { udp: { protocol: 17, bytes: 8 }, tcp: { protocol: 6, bytes: 20 } } as const;
/** An IPv4 packet holds no more. */
const PAYLOAD_MAX = 65_535 - IP_HEADER - HEADERS.tcp.bytes;

/** The bytes of the file; packets in the order of their times, microseconds. */
export function pcapFile(verdicts: readonly Verdict[]): Uint8Array {
  const records = verdicts.flatMap(({ startedAt, said }) => {
    const sent = new Map<string, number>();
    return said.map((one) => ({ atMs: startedAt + one.atMs, packet: packetOf(one, sent) }));
  });
  records.sort((a, b) => a.atMs - b.atMs);
  return Buffer.concat([fileHeader(), ...records.flatMap(({ atMs, packet }) => [recordHeader(atMs, packet.length), packet])]); // biome-ignore format: one sentence
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

/** @param sent the bytes of each direction of a stream so far: its sequence numbers */
function packetOf({ from, to, transport, bytes }: Said, sent: Map<string, number>): Buffer {
  const payload = bytes.subarray(0, PAYLOAD_MAX);
  const { protocol, bytes: headerBytes } = HEADERS[transport];
  const packet = Buffer.alloc(IP_HEADER + headerBytes + payload.length);
  packet[0] = 0x45;
  packet.writeUInt16BE(packet.length, 2);
  packet[8] = 64;
  packet[9] = protocol;
  packet.writeUInt32BE(ipOf(from.endpoint), 12);
  packet.writeUInt32BE(ipOf(to.endpoint), 16);
  packet.writeUInt16BE(portOf(from.endpoint), IP_HEADER);
  packet.writeUInt16BE(portOf(to.endpoint), IP_HEADER + 2);
  if (transport === 'udp') packet.writeUInt16BE(headerBytes + payload.length, IP_HEADER + 4);
  else {
    const [there, back] = [`${from.endpoint} ${to.endpoint}`, `${to.endpoint} ${from.endpoint}`];
    packet.writeUInt32BE(1 + (sent.get(there) ?? 0), IP_HEADER + 4);
    packet.writeUInt32BE(1 + (sent.get(back) ?? 0), IP_HEADER + 8);
    // Header length in words, then PSH and ACK.
    packet.writeUInt16BE(0x5018, IP_HEADER + 12);
    packet.writeUInt16BE(65_535, IP_HEADER + 14);
    sent.set(there, (sent.get(there) ?? 0) + payload.length);
  }
  packet.set(payload, IP_HEADER + headerBytes);
  return packet;
}
