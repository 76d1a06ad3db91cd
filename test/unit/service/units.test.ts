import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { optionsOf, readService, SERVICE } from '../../support/service';

/** Exposure that no unit may exceed, as `systemd-analyze security` reckons it, times ten: 100 is a service without any limits. */
const EXPOSURE_MAX = 20;

const names = readdirSync(join(SERVICE, 'systemd')).filter((name) => name.endsWith('.service'));

describe('the systemd units', function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'servent-units-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** What systemd-analyze says; skips the test where there is none. */
  const analyze = (test: Mocha.Context, ...words: string[]): string => {
    const { error, status, stdout, stderr } = spawnSync('systemd-analyze', words, { encoding: 'utf8' });
    if (error) test.skip();
    return status === 0 ? '' : `status ${status}: ${stdout}${stderr}`;
  };

  for (const name of names) {
    const unit = readService(join('systemd', name));
    const setting = (key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1];

    it(`${name} starts a command that its program takes, with each example of further words`, async () => {
      const examples = [...unit.matchAll(/^# {3}WORDS=(.*)$/gm)].map(([, words]) => words!);
      expect(examples).not.to.deep.equal([]);
      // Where the file need not be there, no words are words too.
      if (setting('EnvironmentFile')!.startsWith('-')) examples.push('');
      for (const words of examples) {
        const command = setting('ExecStart')!
          .replace('$WORDS', words)
          .replaceAll('%S', '/var/lib')
          .replaceAll('%i', 'x');
        expect(await optionsOf(command), command).to.have.property('options');
      }
    });

    it(`${name} is started again after a failure, not after bad usage`, () => {
      expect([setting('Restart'), setting('RestartPreventExitStatus')]).to.deep.equal(['on-failure', '2']);
    });

    it(`${name} is a unit to systemd`, function () {
      // Where systemd looks for programs ours is not installed.
      const text = unit.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`);
      const path = join(folder, name.replace('@', '@x'));
      writeFileSync(path, text);
      expect(analyze(this, 'verify', '--man=no', path)).to.equal('');
    });

    it(`${name} exposes little`, function () {
      const path = join(SERVICE, 'systemd', name);
      expect(analyze(this, 'security', '--no-pager', '--offline=true', `--threshold=${EXPOSURE_MAX}`, path)).to.equal(
        '',
      );
    });
  }

  it('reload what can be reloaded: SIGHUP would end the others', () => {
    expect(names.filter((name) => readService(join('systemd', name)).includes('ExecReload='))).to.deep.equal([
      'servent@.service',
    ]);
  });
});
