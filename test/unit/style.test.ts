/** The guard of the house's rules: which way things depend on each other, what a core may touch, nothing without a use. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { expect } from 'chai';
import * as ts from 'typescript';

const ROOT = resolve(__dirname, '..', '..');
const NOT_OURS = /^(node_modules|dist|coverage|\..*)$/;
/** Every top-level room, and what it may import from besides itself. A file in a room that is not here fails the test. */
const ROOMS: Record<string, readonly string[]> = {
  shared: [],
  simulator: ['shared'],
  servent: ['shared'],
  client: ['shared'],
  backup: ['shared'],
  store: ['shared', 'store-client'],
  'store-client': ['shared'],
  'kv-client': ['shared'],
  topologies: ['shared', 'simulator', 'servent', 'client'],
  conformance: ['shared'],
  lab: ['shared', 'simulator', 'servent', 'client', 'topologies', 'store', 'store-client'],
};
/** Rooms that serve those who work on the product. */
const WORKSHOPS = ['test', 'bench', 'report', 'man'];
/** What the package shows to those who require it. */
const DOOR = 'index.ts';

const SILENT_MAY_IMPORT = /^(node:assert|node:crypto|lru-cache|pure-rand(\/.*)?)$/;
const LOUD_NAMES =
  /^(Date|performance|random[A-Z]\w+|generate[A-Z]\w+|getRandomValues|webcrypto|process|console|crypto|fetch|global|globalThis|require|eval|queueMicrotask|WebSocket|(set|clear)(Timeout|Interval|Immediate))$/;

interface Source {
  path: string;
  /** Modules named by import, export from, import() and require(); with whether types alone are taken. */
  imports: { name: string; typeOnly: boolean }[];
  /** Names used that the file may have from outside, and `Math.random`. Comments and texts are not among them. */
  names: string[];
  /** Every text in the file: a worker or a child process is started by one. */
  texts: string[];
  /** Functions that it exports without a docstring. Of a class its file's opening comment may tell. */
  undocumented: string[];
}

const files = filesIn(ROOT).map((path) => relative(ROOT, path).split(sep).join('/'));
const sources = new Map(files.filter((path) => path.endsWith('.ts')).map((path) => [path, read(path)]));
const product = [...sources.values()].filter(({ path }) => path === DOOR || Object.hasOwn(ROOMS, roomOf(path)));
/** Cores, what they decide with, and the simulator: no I/O, no clock, no randomness but a seed's, no timer, no process. */
const silent = closure((path) => /(^|\/)core\.ts$/.test(path) || /^(simulator|shared\/wire)\//.test(path));

describe('the style', () => {
  it('knows every room', () => {
    const rooms = new Set([...sources.keys()].filter((path) => path !== DOOR).map(roomOf));
    expect([...rooms].filter((room) => !Object.hasOwn(ROOMS, room) && !WORKSHOPS.includes(room))).to.deep.equal([]);
    expect(Object.keys(ROOMS).filter((room) => !rooms.has(room))).to.deep.equal([]);
  });

  describe('cores, the wire and the simulator are silent, with all that they import', () => {
    it('which is found by following imports', () => {
      expect(silent.map(({ path }) => path)).to.include.members([
        'servent/core.ts',
        'servent/seen-queries.ts',
        'servent/half-siphash.ts',
        'client/core.ts',
        'shared/wire/overlay/message.ts',
        'shared/endpoint.ts',
        'simulator/event-queue.ts',
      ]);
    });

    for (const { path, imports, names } of silent) {
      it(`${path} names no clock, randomness, timer, process or I/O`, () => {
        expect(names.filter((name) => LOUD_NAMES.test(name) || name === 'Math.random')).to.deep.equal([]);
        const packages = imports.filter(({ name, typeOnly }) => !name.startsWith('.') && !typeOnly);
        expect(packages.map(({ name }) => name).filter((name) => !SILENT_MAY_IMPORT.test(name))).to.deep.equal([]);
      });
    }
  });

  describe('imports point one way', () => {
    for (const [room, others] of Object.entries(ROOMS)) {
      const allowed = [room, ...others];
      it(`${room} imports from ${allowed.join(', ')} alone`, () => {
        expect(
          importsOf(
            (path) => roomOf(path) === room,
            (to) => !allowed.includes(roomOf(to)),
          ),
        ).to.deep.equal([]);
      });
    }

    const forbidden: [rule: string, from: RegExp, to: RegExp][] = [
      [
        'the wire imports nothing but itself, endpoints, classes of addresses and short bytes',
        /^shared\/wire\//,
        /^(?!shared\/(wire\/|endpoint\.ts|address-classes\.ts|short-bytes\.ts))/,
      ],
      [
        'the conformance kit judges by the plain codec alone, through sockets of Node',
        /^conformance\//,
        /^shared\/(udp\/|wire\/(?!overlay\/message\.ts|wire-error\.ts))/,
      ],
      ['nothing imports a main.ts', /^/, /(^|\/)main\.ts$/],
      ['options know nothing of the shell', /\/options\.ts$/, /\/shell\.ts$/],
    ];
    for (const [rule, from, to] of forbidden) {
      it(rule, () => {
        expect(
          importsOf(
            (path) => from.test(path),
            (imported) => to.test(imported),
          ),
        ).to.deep.equal([]);
      });
    }

    it('and in no circle, of types neither', () => {
      const circles: string[] = [];
      const done = new Set<string>();
      const visit = (path: string, above: string[]): void => {
        if (above.includes(path)) circles.push([...above.slice(above.indexOf(path)), path].join(' -> '));
        if (above.includes(path) || done.has(path)) return;
        for (const imported of filesImportedBy(path)) visit(imported, [...above, path]);
        done.add(path);
      };
      for (const path of sources.keys()) visit(path, []);
      expect(circles).to.deep.equal([]);
    });
  });

  it('run-main.ts alone touches process in the programs', () => {
    const touching = product.filter(({ path, names }) => /^(servent|client)\//.test(path) && names.includes('process'));
    expect(touching.map(({ path }) => path)).to.deep.equal([]);
  });

  it('no file is without a use: each is started by a script, a command or a worker, or imported by one that is', () => {
    expect(unused((path) => /\.test\.ts$/.test(path))).to.deep.equal([]);
  });

  it('nothing that users run is used by tests alone', () => {
    expect(unused(() => false).filter((path) => product.includes(sources.get(path)!))).to.deep.equal([]);
  });

  it('every function that a file of the product exports has a docstring', () => {
    expect(product.flatMap(({ path, undocumented }) => undocumented.map((name) => `${path}: ${name}`))).to.deep.equal(
      [],
    );
  });

  it('speaks of the protocol and not of how the work on it is kept', () => {
    const words = new RegExp(
      `\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'Ji' + 'ra'].join('|')})\\b|\\b(issue|ticket) #?\\d`,
    );
    const speaking = files
      .filter((path) => /\.(ts|md|json|sh|yml)$/.test(path) && !/^(fixtures\/|package-lock)/.test(path))
      .filter((path) => words.test(readFileSync(join(ROOT, path), 'utf8')));
    expect(speaking).to.deep.equal([]);
  });
});

/** The room of a file: its top-level folder. */
function roomOf(path: string): string {
  return path.slice(0, Math.max(path.indexOf('/'), 0));
}

/** The product's files that `isRoot` names, and all that they import as values, one by another. */
function closure(isRoot: (path: string) => boolean): Source[] {
  const found = new Set(product.map(({ path }) => path).filter(isRoot));
  for (const path of found) for (const imported of filesImportedBy(path, true)) found.add(imported);
  return [...found].map((path) => sources.get(path)!);
}

/** `a -> b` for each import of the product from a file that `from` names to one that `to` names. */
function importsOf(from: (path: string) => boolean, to: (path: string) => boolean): string[] {
  return product
    .filter(({ path }) => from(path))
    .flatMap(({ path }) =>
      filesImportedBy(path)
        .filter(to)
        .map((imported) => `${path} -> ${imported}`),
    );
}

/** Source files that cannot be reached from the package's commands, exports and scripts, nor from `start`. */
function unused(start: (path: string) => boolean): string[] {
  const scripts = ['package.json', '.mocharc.json', '.ci/run'].filter((path) => existsSync(join(ROOT, path)));
  const words = scripts.flatMap((path) => readFileSync(join(ROOT, path), 'utf8').split(/[\s"'=]+/));
  const reached = new Set<string>();
  const reach = (path: string | undefined): void => {
    if (path === undefined || reached.has(path)) return;
    reached.add(path);
    const { texts } = sources.get(path)!;
    for (const text of texts) reach(sourceOf(join(dirname(path), text)) ?? sourceOf(text));
  };
  for (const word of words) reach(sourceOf(word.replace(/^(\.\/)?dist\//, '')));
  for (const path of sources.keys()) if (start(path)) reach(path);
  return [...sources.keys()].filter((path) => !reached.has(path));
}

/** The source file that a module's name or a path stands for, from the root. */
function sourceOf(name: string): string | undefined {
  const bare = name
    .split(sep)
    .join('/')
    .replace(/^\.\//, '')
    .replace(/(\.d)?\.[jt]s$/, '');
  return [`${bare}.ts`, `${bare}/index.ts`].find((path) => sources.has(path));
}

function filesImportedBy(path: string, asValues = false): string[] {
  const { imports } = sources.get(path)!;
  return imports
    .filter(({ name, typeOnly }) => name.startsWith('.') && !(asValues && typeOnly))
    .map(({ name }) => sourceOf(join(dirname(path), name)))
    .filter((imported) => imported !== undefined);
}

function filesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    if (NOT_OURS.test(name)) return [];
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
}

/** Reads a source through the compiler's parser, so that comments and texts are not mistaken for code. */
function read(path: string): Source {
  const source: Source = { path, imports: [], names: [], texts: [], undocumented: [] };
  const file = ts.createSourceFile(
    basename(path),
    readFileSync(join(ROOT, path), 'utf8'),
    ts.ScriptTarget.ESNext,
    true,
  );
  source.undocumented.push(...file.statements.filter(isUndocumented).map(({ name }) => name!.text));
  const visit = (node: ts.Node): void => {
    const module = moduleNamed(node);
    if (module) source.imports.push(module);
    if (ts.isStringLiteralLike(node)) source.texts.push(node.text);
    if (ts.isIdentifier(node) && !isOwnName(node) && !isCalendar(node)) source.names.push(node.text);
    if (ts.isPropertyAccessExpression(node) && node.getText() === 'Math.random') source.names.push('Math.random');
    node.forEachChild(visit);
  };
  visit(file);
  return source;
}

function isUndocumented(node: ts.Node): node is ts.FunctionDeclaration {
  if (!ts.isFunctionDeclaration(node)) return false;
  const isExported = node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  return isExported === true && ts.getJSDocCommentsAndTags(node).length === 0;
}

function moduleNamed(node: ts.Node): Source['imports'][number] | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    return { name: node.moduleSpecifier.text, typeOnly: takesTypesOnly(node.importClause) };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
    return { name: node.moduleSpecifier.text, typeOnly: node.isTypeOnly };
  }
  if (ts.isCallExpression(node) && /^(import|require)$/.test(node.expression.getText())) {
    const [name] = node.arguments;
    return name && ts.isStringLiteral(name) ? { name: name.text, typeOnly: false } : undefined;
  }
  return undefined;
}

function takesTypesOnly(clause: ts.ImportClause | undefined): boolean {
  if (!clause || clause.name) return false;
  if (clause.isTypeOnly) return true;
  const { namedBindings } = clause;
  return (
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.every((element) => element.isTypeOnly)
  );
}

/** `new Date(ms)`, `Date.UTC` and `Date.parse` only reckon; `Date.now()` and `new Date()` read the clock. */
function isCalendar(node: ts.Identifier): boolean {
  const { parent } = node;
  if (node.text !== 'Date') return false;
  if (ts.isNewExpression(parent)) return (parent.arguments?.length ?? 0) > 0;
  return ts.isPropertyAccessExpression(parent) && /^(UTC|parse)$/.test(parent.name.text);
}

/** Is this the name of a property rather than of a variable? `datagram.process` touches no process. */
function isOwnName(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    ((ts.isPropertyAssignment(parent) ||
      ts.isPropertySignature(parent) ||
      ts.isPropertyDeclaration(parent) ||
      ts.isMethodDeclaration(parent)) &&
      parent.name === node)
  );
}
