// The Wireshark dissector, read through tshark: every frame of a recorded capture against what the specification says it is.
// Skips itself where there is no tshark, or one without Lua.

import { type ExecFileSyncOptionsWithStringEncoding, execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';

const DISSECTOR = resolve(__dirname, '../../wireshark/servent.lua');
const CAPTURE = resolve(__dirname, '../../fixtures/capture/line.pcap');
/** tshark starts in about a second; this is for a machine that does much else. */
const TSHARK_MS = 20_000;
const NOBODY = 65534;

/** What tshark shows of one datagram: field or expert info -> value, without the common `servent.`. */
type Fields = Record<string, string>;
/** Shown as 1 or True, by version, and only when true. */
const BOOLEANS = ['servent.nul', 'servent.malformed'];
type Json = { [name: string]: Json | Json[] | string };

describe('the Wireshark dissector', function () {
  this.timeout(4 * TSHARK_MS);

  let home: string;
  let options: ExecFileSyncOptionsWithStringEncoding;

  before(function () {
    home = mkdtempSync(join(tmpdir(), 'servent-wireshark-'));
    chmodSync(home, 0o755);
    // An empty home, so that nobody's preferences and plugins (this dissector among them) take part.
    const env = {
      ...process.env,
      HOME: home,
      XDG_CONFIG_HOME: home,
      WIRESHARK_CONFIG_DIR: home,
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC',
    };
    options = { env, encoding: 'utf8', timeout: TSHARK_MS, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 24 };
    if (spawnSync('tshark', ['--version'], options).error) {
      this.skip();
    }
    // Where an administrator forbids Lua to the superuser (see README.md beside the dissector), it still runs as nobody.
    const users = process.getuid?.() === 0 ? [{}, { uid: NOBODY, gid: NOBODY }] : [{}];
    const user = users.find((candidate) => runsLua({ ...options, ...candidate }, home));
    if (!user) {
      this.skip();
    }
    options = { ...options, ...user };
  });

  after(() => rmSync(home, { recursive: true, force: true }));

  const tshark = (...args: string[]) =>
    execFileSync('tshark', ['-n', '-2', '-X', `lua_script:${DISSECTOR}`, '-r', CAPTURE, ...args], options);
  const framesOf = (...args: string[]) =>
    tshark('-T', 'fields', '-e', 'frame.number', ...args)
      .split('\n')
      .filter(Boolean)
      .map(Number);
  const infoOf = (frame: number) =>
    tshark('-o', 'gui.column.format:"Info","%i"', '-Y', `frame.number == ${frame}`).trim();

  it('shows every frame as the specification has it', () => {
    const { fields, times } = readJson(tshark('-T', 'json', '-J', 'frame servent', '--no-duplicate-keys'));
    for (const [frame, shown] of fields) {
      if (shown.response_to !== undefined) {
        const elapsed = times.get(frame)! - times.get(Number(shown.response_to))!;
        expect(Number(shown.response_time), `frame ${frame}`).to.be.closeTo(elapsed, 1e-6).and.greaterThan(0);
        delete shown.response_time;
      }
    }
    for (const [frame, expected] of Object.entries(EXPECTED)) {
      expect(fields.get(Number(frame)), `frame ${frame}`).to.deep.equal(expected);
    }
    expect([...fields.keys()]).to.deep.equal(Object.keys(EXPECTED).map(Number));
  });

  it('filters by the words of the specification', () => {
    expect(framesOf('-Y', 'servent.type == 1 && servent.key == "late"')).to.deep.equal([19, 24]);
    expect(framesOf('-Y', 'servent.response_to == 1')).to.deep.equal([3, 5, 7]);
    expect(framesOf('-Y', 'servent.key_bytes == 67:72:f6:df:65 && servent.value')).to.deep.equal([17]);
    expect(framesOf('-Y', 'servent.client_ip == 192.0.2.1 && servent.client_port == 40010')).to.deep.equal([65]);
    expect(framesOf('-Y', 'servent.nul && servent.type == 3')).to.deep.equal([10]);
    expect(framesOf('-Y', 'servent.malformed.empty_key')).to.deep.equal([48, 49, 51, 57, 58]);
    expect(framesOf('-Y', 'servent.type == 1 && !servent.answered_in && !_ws.expert')).to.deep.equal([19, 63]);
  });

  it('shows in the list what bytes cannot be shown as they are', () => {
    expect(infoOf(17)).to.equal(String.raw`RESPONSE gr\xf6\xdfe = \xfcber 9000\xff`);
    expect(infoOf(63)).to.equal(String.raw`CLIREQ \x1b[31m\xe2\x80\xaered`);
    expect(infoOf(39)).to.equal('QUERY ring ttl=2 client=127.0.0.1:40006 [copy of #36]');
  });

  it('leaves other ports alone when its heuristic is off', () => {
    expect(framesOf('--disable-heuristic', 'servent_udp', '-Y', 'servent && udp.port == 7000')).to.deep.equal([]);
  });

  it('takes other ports from its preference, and by Decode As', () => {
    const onPort7000 = [67, 68, 69, 70, 71, 72, 73, 74, 75, 76];
    expect(framesOf('-o', 'servent.ports:7000', '-Y', 'servent && udp.port == 7000')).to.deep.equal(onPort7000);
    expect(framesOf('-d', 'udp.port==7000,servent', '-Y', 'servent && udp.port == 7000')).to.deep.equal(onPort7000);
    // Without their port, the malformed ones are nobody's; the heuristic still knows the others.
    expect(framesOf('-o', 'servent.ports:', '-Y', 'servent.malformed')).to.deep.equal([]);
    expect(framesOf('-o', 'servent.ports:', '-Y', 'servent.response_to == 1')).to.deep.equal([3, 5, 7]);
  });

  it('calls nothing malformed that only the capture cut short', () => {
    const cut = join(home, 'cut.pcap');
    writeFileSync(cut, cutShort(readFileSync(CAPTURE), 50));
    const shown = framesOf('-r', cut, '-Y', 'servent.cut && !icmp');
    expect(shown).to.include.members([2, 3, 50]);
    // Of 58, what is left is enough to see it.
    expect(framesOf('-r', cut, '-Y', 'servent.cut && servent.malformed && !icmp')).to.deep.equal([58]);
    expect(framesOf('-r', cut, '-Y', 'servent.response_to == 1')).to.deep.equal([3, 5, 7]);
    expect(framesOf('-r', cut, '-Y', '_ws.lua.error')).to.deep.equal([]);

    // With two letters of each text left, nothing can be told of who answers whom.
    writeFileSync(cut, cutShort(readFileSync(CAPTURE), 46));
    expect(framesOf('-r', cut, '-Y', 'servent.response_to || servent.no_tab || servent.copy_of')).to.deep.equal([]);
  });
});

function runsLua(options: ExecFileSyncOptionsWithStringEncoding, home: string): boolean {
  const probe = join(home, 'probe.lua');
  writeFileSync(probe, `print(io.open([[${DISSECTOR}]]) and 'Lua runs' or 'unreadable')`);
  return spawnSync('tshark', ['-X', `lua_script:${probe}`, '-r', CAPTURE, '-c', '1'], options).stdout?.includes(
    'Lua runs',
  );
}

function readJson(json: string): { fields: Map<number, Fields>; times: Map<number, number> } {
  const fields = new Map<number, Fields>();
  const times = new Map<number, number>();
  for (const packet of JSON.parse(json) as { _source: { layers: Json } }[]) {
    const { frame, servent } = packet._source.layers as { frame: Json; servent?: Json };
    const number = Number(frame['frame.number']);
    times.set(number, Number(frame['frame.time_relative']));
    if (servent) {
      fields.set(number, flatten(servent, {}));
    }
  }
  return { fields, times };
}

/** The fields at every depth: expert infos stand below the field they speak of. */
function flatten(tree: Json, into: Fields): Fields {
  for (const [name, value] of Object.entries(tree)) {
    if (typeof value !== 'string') {
      for (const inner of Array.isArray(value) ? value : [value]) {
        flatten(inner, into);
      }
    } else if (BOOLEANS.includes(name)) {
      into[name.slice('servent.'.length)] = 'yes';
    } else if (name.startsWith('servent.')) {
      into[name.slice('servent.'.length)] = value;
    }
  }
  return into;
}

/** A classic pcap file as a capture that keeps only the first bytes of each frame would have written it. */
function cutShort(pcap: Buffer, kept: number): Buffer {
  const parts = [pcap.subarray(0, 24)];
  for (let at = 24; at < pcap.length; ) {
    const length = pcap.readUInt32LE(at + 8);
    const header = Buffer.from(pcap.subarray(at, at + 16));
    header.writeUInt32LE(Math.min(length, kept), 8);
    parts.push(header, pcap.subarray(at + 16, at + 16 + Math.min(length, kept)));
    at += 16 + length;
  }
  return Buffer.concat(parts);
}

/** A text as tshark shows it, twice: as UTF-8, and as the bytes it is. Written here with one character a byte. */
function text(name: string, latin1: string): Fields {
  const bytes = Buffer.from(latin1, 'latin1');
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  return { [name]: bytes.toString('utf8'), [`${name}_bytes`]: hex };
}

function cliReq(key: string, more: Fields = {}): Fields {
  return { type: '1', ...text('key', key), ...more };
}

function query(ttl: number, client: string, sequence: number, key: string, more: Fields = {}): Fields {
  const [ip, port] = client.split(':') as [string, string];
  const header = { type: '2', ttl: `${ttl}`, client_ip: ip, client_port: port, sequence: `${sequence}` };
  return { ...header, ...(key && text('key', key)), ...more };
}

function response(key: string, value: string, more: Fields = {}): Fields {
  return { type: '3', ...text('key', key), ...text('value', value), ...more };
}

const malformed = (rule: string): Fields => ({ malformed: 'yes', [`malformed.${rule}`]: '' });

const C = '127.0.0.1';
const NUL = { nul: 'yes' };
const GROESSE = 'gr\xf6\xdfe';
const MAX_SEQUENCE = 2 ** 32 - 1;

/** The capture, frame by frame. Frames that are not listed must not be shown as ours. */
const EXPECTED: Record<number, Fields> = {
  // A line of five, asked at its first: answers from the first, third and fourth; the fifth never hears it.
  1: cliReq('ssh', { answered_in: '3' }),
  2: query(3, `${C}:40001`, 1000, 'ssh', { question: '1' }),
  3: response('ssh', '22/tcp # SSH Remote Login Protocol', { response_to: '1' }),
  4: query(2, `${C}:40001`, 1000, 'ssh', { question: '1', copy_of: '2' }),
  5: response('ssh', '22/tcp', { response_to: '1' }),
  6: query(1, `${C}:40001`, 1000, 'ssh', { question: '1', copy_of: '2' }),
  7: response('ssh', '22/udp\t# two\ttabs', { response_to: '1' }),

  // A client that ends its text with a NUL is answered in kind, and its NUL travels.
  8: cliReq('domain', { ...NUL, answered_in: '10' }),
  9: query(3, `${C}:40002`, 1001, 'domain', { ...NUL, question: '8' }),
  10: response('domain', '53/udp', { ...NUL, response_to: '8' }),
  11: query(2, `${C}:40002`, 1001, 'domain', { ...NUL, question: '8', copy_of: '9' }),
  12: query(1, `${C}:40002`, 1001, 'domain', { ...NUL, question: '8', copy_of: '9' }),

  // Asked at the second, in Latin-1: both ways along the line.
  13: cliReq(GROESSE, { answered_in: '17' }),
  14: query(3, `${C}:40003`, MAX_SEQUENCE - 1, GROESSE, { question: '13' }),
  15: query(3, `${C}:40003`, MAX_SEQUENCE - 1, GROESSE, { question: '13', copy_of: '14' }),
  16: query(2, `${C}:40003`, MAX_SEQUENCE - 1, GROESSE, { question: '13', copy_of: '14' }),
  17: response(GROESSE, '\xfcber 9000\xff', { response_to: '13' }),
  18: query(1, `${C}:40003`, MAX_SEQUENCE - 1, GROESSE, { question: '13', copy_of: '14' }),

  // Nobody has it; asked once more, with a new sequence, when somebody has.
  19: cliReq('late'),
  20: query(3, `${C}:40004`, MAX_SEQUENCE, 'late', { question: '19' }),
  21: query(3, `${C}:40004`, MAX_SEQUENCE, 'late', { question: '19', copy_of: '20' }),
  22: query(2, `${C}:40004`, MAX_SEQUENCE, 'late', { question: '19', copy_of: '20' }),
  23: query(1, `${C}:40004`, MAX_SEQUENCE, 'late', { question: '19', copy_of: '20' }),
  24: cliReq('late', { retransmission_of: '19', answered_in: '27' }),
  25: query(3, `${C}:40004`, 0, 'late', { question: '24' }),
  26: query(3, `${C}:40004`, 0, 'late', { question: '24', copy_of: '25' }),
  27: response('late', '1/tcp', { response_to: '24' }),
  28: query(2, `${C}:40004`, 0, 'late', { question: '24', copy_of: '25' }),
  29: query(1, `${C}:40004`, 0, 'late', { question: '24', copy_of: '25' }),

  // A servent that answers with the value alone: the key shown is the question's.
  30: cliReq('domain', { answered_in: '32' }),
  31: query(3, `${C}:40005`, 1002, 'domain', { question: '30' }),
  32: { type: '3', ...text('value', '53/udp'), key: 'domain', no_tab: '', response_to: '30' },
  33: query(2, `${C}:40005`, 1002, 'domain', { question: '30', copy_of: '31' }),
  34: query(1, `${C}:40005`, 1002, 'domain', { question: '30', copy_of: '31' }),

  // A ring of three: the same QUERY from both sides.
  35: cliReq('ring', { answered_in: '38' }),
  36: query(3, `${C}:40006`, 77, 'ring', { question: '35' }),
  37: query(3, `${C}:40006`, 77, 'ring', { question: '35', copy_of: '36' }),
  38: response('ring', '6', { response_to: '35' }),
  39: query(2, `${C}:40006`, 77, 'ring', { question: '35', copy_of: '36' }),
  40: query(2, `${C}:40006`, 77, 'ring', { question: '35', copy_of: '36' }),

  // A loopback client is answered at another address of its host. One neighbour is not there: the ICMP error's quotation is no copy.
  41: cliReq('far', { answered_in: '45' }),
  42: query(3, '192.0.2.1:40007', 500, 'far', { question: '41' }),
  43: query(3, '192.0.2.1:40007', 500, 'far', { question: '41', copy_of: '42' }),
  44: query(3, '192.0.2.1:40007', 500, 'far'),
  45: response('far', 'away', { response_to: '41' }),

  // Malformed, each in one way. (46 is an empty datagram, which Wireshark shows to no dissector.)
  47: { ...malformed('short_header') },
  48: { type: '1', ...malformed('empty_key') },
  49: { type: '1', ...NUL, tail: '73:73:68', ...malformed('empty_key') },
  50: { type: '2', ...malformed('short_header') },
  51: query(3, '10.0.0.1:4000', 1, '', { ...malformed('empty_key') }),
  52: query(3, '10.0.0.1:0', 1, 'ssh', { ...malformed('client_port_0') }),
  53: query(3, '0.1.2.3:4000', 1, 'ssh', { ...malformed('client_ip_this_network') }),
  54: query(3, '224.0.0.1:4000', 1, 'ssh', { ...malformed('client_ip_multicast') }),
  55: query(3, '239.255.255.255:4000', 1, 'ssh', { ...malformed('client_ip_multicast') }),
  56: query(3, '255.255.255.255:4000', 1, 'ssh', { ...malformed('client_ip_broadcast') }),
  57: { type: '3', ...malformed('empty_key') },
  58: { type: '3', ...text('value', '22/tcp'), ...malformed('empty_key') },
  59: { type: '4', ...malformed('unknown_type') },
  60: { type: '256', ...malformed('unknown_type') },

  // Only odd.
  61: query(4, '10.0.0.1:4000', 1, 'ssh', { ...NUL, tail: '74:61:69:6c', ttl_above_3: '' }),
  62: query(0, '10.0.0.1:4000', 2, 'ssh', { ttl_0: '' }),
  63: cliReq('\x1b[31m\xe2\x80\xaered'),
  64: query(2, '127.0.0.1:4001', 1, 'ssh', { loopback_client: '' }),

  // A question whose CLIREQ was not captured.
  65: query(2, '192.0.2.1:40010', 1, 'ntp', { answered_in: '66' }),
  66: response('ntp', '123/udp', { response_to: '65' }),

  // A port that only the heuristic looks at. 68 to 73 are TFTP, STUN, noise, a key of two words, and
  // a ttl that no servent sends (9, 0); 75 answers nothing that was asked.
  67: cliReq('http', { answered_in: '74' }),
  74: response('http', '80/tcp', { response_to: '67' }),
};
