/** The completion scripts in the shells they are for; skipped where a shell is not to be had. */

import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { ROOT, runToEnd } from '../support/commands';

/** Sets what bash sets when TAB is pressed behind the last of these words, and prints what comes of it. */
const BASH = `
  eval "$SCRIPT"
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  [[ $(complete -p "$1") =~ -F\\ ([^ ]+) ]] && "\${BASH_REMATCH[1]}"
  printf '%s\\n' "\${COMPREPLY[@]}"`;

describe('completion', () => {
  const scripts = new Map<string, string>();
  before(async function () {
    if (spawnSync('bash', ['--version']).status !== 0) this.skip();
    const programs = { servent: 'servent', client: 'client', topology: 'topologies' };
    for (const [name, folder] of Object.entries(programs)) {
      scripts.set(name, (await runToEnd(folder, ['completion'])).out);
    }
  });

  const complete = (...words: string[]): string[] => {
    const environment = { ...process.env, SCRIPT: scripts.get(words[0]!) };
    const shell = spawnSync('bash', ['--norc', '-c', BASH, 'bash', ...words], {
      cwd: ROOT,
      env: environment,
      encoding: 'utf8',
    });
    expect([shell.status, shell.stderr]).to.deep.equal([0, '']);
    return shell.stdout.split('\n').filter(Boolean);
  };

  const cases: [words: string[], candidates: string[]][] = [
    [
      ['servent', '--se'],
      ['--seen-max', '--seen-age'],
    ],
    [['servent', '5000', 'fixtures/services-w'], ['fixtures/services-well-known.txt']],
    [['servent', '--bind', '127.0.0.1', '5000', 'fixtures/services-w'], ['fixtures/services-well-known.txt']],
    [
      ['servent', '--io', ''],
      ['auto', 'dgram', 'batch'],
    ],
    [['servent', '--io', '=', 'b'], ['batch']],
    [
      ['servent', '--io', '='],
      ['auto', 'dgram', 'batch'],
    ],
    [['servent', '--bind', ''], []],
    [['servent', ''], []],
    [['client', '127.0.0.1:5000', '--c'], ['--count']],
    [
      ['topology', 'c'],
      ['check', 'completion'],
    ],
    [
      ['topology', ''],
      ['list', 'generate', 'draw', 'simulate', 'trace', 'up', 'check', 'completion'],
    ],
    [['topology', 'up', 'sta'], ['star']],
    [['topology', 'simulate', 'ring', '--loss', '5', 'mes'], ['mesh']],
    [
      ['topology', 'check', 'topologies/dia'],
      ['topologies/diamond.json', 'topologies/diamond.py'],
    ],
    [['topology', 'check', '--tim'], ['--timeout']],
    [['topology', 'generate', 'rin'], ['ring']],
  ];
  for (const [words, candidates] of cases) {
    it(`offers ${candidates.join(' ') || 'nothing'} for ${words.join(' ')}|`, () => {
      expect(complete(...words)).to.include.members(candidates);
      if (candidates.length === 0) expect(complete(...words)).to.deep.equal([]);
      for (const candidate of complete(...words)) expect(candidate).not.to.match(/\$0|error|^\(files\)$/i);
    });
  }

  it('is taken by zsh', function () {
    if (spawnSync('zsh', ['--version']).status !== 0) this.skip();
    for (const [name, script] of scripts) {
      const words = ['-f', '-c', `${script}\nwhence -w _${name}_completion; print $_comps[${name}]`];
      const { stdout, stderr } = spawnSync('zsh', words, { encoding: 'utf8' });
      expect([stdout, stderr]).to.deep.equal([
        `_${name}_completion: function\n_bash_complete -F _${name}_completion\n`,
        '',
      ]);
    }
  });
});
