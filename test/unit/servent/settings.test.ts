import { expect } from 'chai';
import { DEFENCE_DEFAULTS } from '../../../servent/defence-settings';
import { parseSettings, SERVENT_DEFAULTS, type ServentSettings } from '../../../servent/settings';
import { endpointOf } from '../../../shared/endpoint';
import { OperatorError } from '../../../shared/errors';

/** What a program that the compiler did not check may give. */
function refusal(settings: unknown): string {
  try {
    parseSettings(settings as ServentSettings);
  } catch (error) {
    if (error instanceof OperatorError && error.code === 'usage') return error.message;
    throw error;
  }
  return 'accepted';
}

describe('the settings of a servent', () => {
  it('have defaults, also where undefined is given', () => {
    const { onNotice, ...options } = parseSettings({
      port: 5000,
      file: 'pairs.txt',
      bind: undefined,
    } as object as ServentSettings);
    expect(onNotice).to.be.a('function');
    expect(options).to.deep.equal({
      port: 5000,
      source: { file: 'pairs.txt', duplicates: false },
      neighbours: [],
      bindIp: 0,
      advertisedIp: undefined,
      seenMax: SERVENT_DEFAULTS.seenMax,
      seenAgeMs: SERVENT_DEFAULTS.seenAgeMs,
      io: 'auto',
      workers: 1,
      http: undefined,
      defences: DEFENCE_DEFAULTS,
      literal: false,
    });
  });

  it('become numbers and endpoints, and neighbours stand once each', () => {
    const neighbours = ['127.0.0.1:5000', { host: '127.0.0.1', port: 5000 }, endpointOf(0x7f000001, 5000), 'far:7'];
    const options = parseSettings({ port: 0, file: 'f', bind: '127.0.0.1', advertise: '10.0.0.1', neighbours });
    expect(options).to.include({ bindIp: 0x7f000001, advertisedIp: 0x0a000001 });
    expect(options.neighbours).to.deep.equal([endpointOf(0x7f000001, 5000), { host: 'far', port: 7 }]);
  });

  const { publicLimits } = DEFENCE_DEFAULTS;
  const refused: [settings: object, named: string][] = [
    [{ bnid: '127.0.0.1' }, 'got "bnid"'],
    [{ workers: 65 }, 'expected a whole number of workers from 1 to 64 for workers, got 65'],
    [{ workers: 2, io: 'dgram' }, 'expected batches of system calls with 2 workers, got dgram for io'],
    [{ workers: 2, observer: {} }, 'expected no observer with 2 workers'],
    [{ http: 9090 }, 'expected a text for http, got 9090'],
    [{ http: 'localhost:http' }, 'expected ip:port for http, got "localhost:http"'],
    [{ neighbours: '127.0.0.1:5000' }, 'expected a list for neighbours, got "127.0.0.1:5000"'],
    [{ neighbours: [{ host: '10.0.0.1', port: 70_000 }] }, 'the port is not from 1 to 65535'],
    [{ neighbours: [{ host: '10.0.0.1', port: 1.5 }] }, 'the port is not from 1 to 65535'],
    [{ neighbours: [{ host: '224.0.0.1', port: 5000 }] }, 'that is not the address of one host'],
    [{ neighbours: [{ host: 7, port: 5000 }] }, 'the host is no text'],
    [{ neighbours: [undefined] }, 'got undefined'],
    [{ neighbours: [endpointOf(0xe0000001, 5000)] }, 'that is not the address of one host'],
    [{ neighbours: [-1] }, 'expected ip:port for a neighbour, got -1'],
    [{ neighbours: Array.from({ length: 11 }, (_, i) => `10.0.0.1:${i + 1}`) }, 'got an 11th: "10.0.0.1:11"'],
    [{ port: '5000' }, 'for port, got "5000"'],
    [{ port: 65_536 }, 'for port, got 65536'],
    [{ port: 0.5 }, 'for port, got 0.5'],
    [{ bind: 'localhost' }, 'for bind, got "localhost"'],
    [{ bind: 5 }, 'for bind, got 5'],
    [{ advertise: '127.0.0.1' }, 'for advertise, got "127.0.0.1"'],
    [{ seenMax: 0 }, 'for seenMax, got 0'],
    [{ seenAgeMs: Number.NaN }, 'for seenAgeMs, got NaN'],
    [{ io: 'fast' }, 'expected auto, dgram, batch for io, got "fast"'],
    [{ literal: 'yes' }, 'for literal, got "yes"'],
    [{ duplicates: 1 }, 'for duplicates, got 1'],
    [{ onNotice: 'log' }, 'for onNotice, got "log"'],
    [{ file: undefined }, 'expected either file or pairs, got neither'],
    [{ file: '' }, 'expected a text for file, got ""'],
    [{ pairs: new Map() }, 'expected either file or pairs, got both'],
    [{ file: undefined, pairs: 'a b' }, 'for pairs, got "a b"'],
    [{ file: undefined, pairs: { a: 'b' } }, "for pairs, got { a: 'b' }"],
    [{ defences: { strictNeighbours: true } }, 'for defences.publicLimits, got undefined'],
    [{ defences: null }, 'expected an object for defences, got null'],
    [{ defences: { ...DEFENCE_DEFAULTS, dryrun: true } }, 'in defences, got "dryrun"'],
    [{ defences: { ...DEFENCE_DEFAULTS, strangers: { perSecond: -1, burst: 1 } } }, 'defences.strangers.perSecond'],
    [{ defences: { ...DEFENCE_DEFAULTS, strangers: { perSecond: 1 } } }, 'defences.strangers.burst, got undefined'],
    [
      { defences: { ...DEFENCE_DEFAULTS, publicLimits: { ...publicLimits, bytes: undefined } } },
      'defences.publicLimits.bytes',
    ],
    [{ defences: { ...DEFENCE_DEFAULTS, allow: ['10.0.0.0/8'] } }, 'for defences.allow, got "10.0.0.0/8"'],
    [{ defences: { ...DEFENCE_DEFAULTS, allow: [{ base: 1, mask: 0 }] } }, 'expected a base under its mask'],
    [{ defences: { ...DEFENCE_DEFAULTS, allow: [{ base: -1, mask: 0 }] } }, 'the base of defences.allow, got -1'],
  ];
  for (const [settings, named] of refused) {
    it(`refuse ${JSON.stringify(settings).slice(0, 80)}: ${named}`, () => {
      expect(refusal({ port: 0, file: 'pairs.txt', ...settings })).to.include(named);
    });
  }

  it('are an object', () => {
    for (const wrong of [undefined, null, 5000, '5000', [5000]])
      expect(refusal(wrong)).to.include('expected an object');
  });
});
