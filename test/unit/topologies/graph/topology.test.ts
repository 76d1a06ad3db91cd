import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Ajv from 'ajv';
import { expect } from 'chai';
import { parseKeyValueFile } from '../../../../servent/key-value-file';
import { OperatorError } from '../../../../shared/errors';
import { packageFolder } from '../../../../shared/program/package-folder';
import { findTopology, shippedTopologies, topologyOf } from '../../../../topologies/graph/catalogue';
import { generate, KINDS } from '../../../../topologies/graph/generators';
import { neighboursOf } from '../../../../topologies/graph/graph';
import { formatTopology, graphOfTopology, loadTopology, parseTopology } from '../../../../topologies/graph/topology';

const FOLDER = join(packageFolder(), 'topologies');
const matchesSchema = new Ajv().compile(JSON.parse(readFileSync(join(FOLDER, 'topology.schema.json'), 'utf8')));

const GOOD = {
  name: 'pair',
  about: 'Two.',
  servents: [
    { name: 'a', file: 'a.txt' },
    { name: 'b', file: '../b.txt' },
  ],
  links: [{ from: 'a', to: 'b', oneWay: true, delayMs: 1.5, lossPercent: 2 }],
};

describe('the topologies of the package', () => {
  for (const name of shippedTopologies()) {
    it(`${name} is as its schema and the loader want it, and names files that hold pairs`, () => {
      const topology = loadTopology(join(FOLDER, `${name}.json`));
      expect(topology.name).to.equal(name);
      expect(matchesSchema(JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')))).to.equal(true);
      for (const file of new Set(topology.servents.map((servent) => servent.file))) {
        expect(parseKeyValueFile(readFileSync(file)).pairs.size).to.be.greaterThan(50);
      }
    });
  }

  it('the line is the demo: five servents and their files in order', () => {
    const line = findTopology('line');
    expect(line.servents.map(({ file }) => file.split(/[\\/]/).at(-1))).to.deep.equal([
      'services-well-known.txt',
      'services-debian.txt',
      'languages.txt',
      'services-udp.txt',
      'services-iana.txt',
    ]);
    expect(neighboursOf(graphOfTopology(line), 2)).to.deep.equal([1, 3]);
  });
});

describe('a topology file', () => {
  it('gives servents with absolute paths, and who knows whom', () => {
    const topology = parseTopology(JSON.stringify(GOOD), '/somewhere/pair.json');
    expect(topology.servents.map(({ file }) => file)).to.deep.equal([resolve('/somewhere/a.txt'), resolve('/b.txt')]);
    const graph = graphOfTopology(topology);
    expect([neighboursOf(graph, 0), neighboursOf(graph, 1)]).to.deep.equal([[1], []]);
  });

  it('written and read again is the same, for every kind', () => {
    for (const kind of KINDS.keys()) {
      const topology = topologyOf(kind, generate(kind, {}));
      const text = formatTopology(topology, resolve('/some/where'), './topology.schema.json');
      expect(matchesSchema(JSON.parse(text)), kind).to.equal(true);
      expect(parseTopology(text, '/some/where/file.json')).to.deep.equal(topology);
    }
  });

  const manyLinks = Array.from({ length: 11 }, (_, i) => ({ from: 'a', to: `n${i}` }));
  const manyServents = Array.from({ length: 11 }, (_, i) => ({ name: `n${i}`, file: 'x' }));
  // What a schema can say of a file is said by both; the rest by the loader alone.
  const faults: [what: string, file: object, word: string, bySchema: boolean][] = [
    ['another property', { ...GOOD, nodes: [] }, '"nodes"', true],
    ['no name', { ...GOOD, name: undefined }, '"name"', true],
    ['an empty name', { ...GOOD, name: '' }, '"name"', true],
    ['no servents', { ...GOOD, servents: [], links: [] }, 'at least one servent', true],
    ['servents that are no array', { ...GOOD, servents: {} }, '"servents"', true],
    ['a servent that is a text', { ...GOOD, servents: ['a'] }, 'servents[0]', true],
    ['a servent without a file', { ...GOOD, servents: [{ name: 'a' }] }, '"file"', true],
    ['a name with a blank', { ...GOOD, servents: [{ name: 'a b', file: 'x' }], links: [] }, '"a b"', true],
    ['oneWay that is a text', { ...GOOD, links: [{ from: 'a', to: 'b', oneWay: 'yes' }] }, '"yes"', true],
    ['a negative delay', { ...GOOD, links: [{ from: 'a', to: 'b', delayMs: -1 }] }, '-1', true],
    ['a loss above 100', { ...GOOD, links: [{ from: 'a', to: 'b', lossPercent: 101 }] }, '101', true],
    ['a name given twice', { ...GOOD, servents: [...GOOD.servents, GOOD.servents[0]] }, '"a"', false],
    ['a link to nobody', { ...GOOD, links: [{ from: 'a', to: 'c' }] }, '"c"', false],
    ['a link to itself', { ...GOOD, links: [{ from: 'b', to: 'b' }] }, '"b"', false],
    ['a link given twice', { ...GOOD, links: [{ from: 'a', to: 'b' }, { from: 'b', to: 'a' }] }, '"b" to "a"', false], // biome-ignore format: one row
    ['eleven neighbours', { ...GOOD, servents: [...GOOD.servents, ...manyServents], links: manyLinks }, '"n10"', false],
  ];
  for (const [what, file, word, bySchema] of faults) {
    it(`with ${what} is refused, naming file and word`, () => {
      const text = JSON.stringify(file);
      expect(() => parseTopology(text, '/x/bad.json')).to.throw(OperatorError, /^bad\.json: /).with.property('code', 'topology'); // biome-ignore format: one sentence
      expect(() => parseTopology(text, '/x/bad.json')).to.throw(word);
      expect(matchesSchema(JSON.parse(text))).to.equal(!bySchema);
    });
  }

  it('that is no JSON or cannot be read is refused, naming it', () => {
    expect(() => parseTopology('{', '/x/bad.json')).to.throw(OperatorError, 'bad.json: expected JSON');
    expect(() => loadTopology('/no/such/file.json')).to.throw(OperatorError, '/no/such/file.json');
  });

  it('is found by path, by name, and by kind; a word that is none is named', () => {
    expect(findTopology(join(FOLDER, 'ring.json')).servents).to.have.length(6);
    expect(findTopology('small-world-100').servents).to.have.length(100);
    expect(findTopology('ring', { servents: 4 }).servents).to.have.length(4);
    expect(findTopology('random-regular').servents).to.have.length(50);
    expect(() => findTopology('nix'))
      .to.throw(OperatorError, '"nix"')
      .with.property('code', 'usage');
  });
});
