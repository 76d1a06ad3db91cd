/** What watches servents and stores, held to what they measure: a dashboard of names that are gone shows nothing, and says so to nobody. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { openHttp } from '../../../servent/http/http';
import { promtoolSays } from '../../support/promtool';
import { quietStatus } from '../../support/servent/quiet-status';
import { readService, SERVICE, yamlService } from '../../support/service';
import { RestReplica } from '../../support/store/rest';

interface Dashboard {
  uid: string;
  panels: { title: string; gridPos: { x: number; y: number; w: number; h: number }; targets: { expr: string }[] }[];
}

interface Rules {
  groups: { rules: { alert: string; expr: string }[] }[];
}

const dashboards = readdirSync(join(SERVICE, 'grafana', 'dashboards')).map(
  (name) => JSON.parse(readService(join('grafana', 'dashboards', name))) as Dashboard,
);
const alerts = yamlService<Rules>('prometheus/alerts.yml').groups.flatMap(({ rules }) => rules);

describe('what watches servents and stores', () => {
  const texts: Record<string, string> = {};
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'servent-watching-'));
    const servent = await openHttp({ host: '127.0.0.1', port: 0 }, quietStatus);
    const store = new RestReplica();
    const storeAt = await store.listen();
    for (const [name, address] of [
      ['servent', servent.address],
      ['store', storeAt],
    ] as const) {
      await (await fetch(`http://${address}/healthz`)).text();
      texts[name] = await (await fetch(`http://${address}/metrics`)).text();
    }
    await servent.close();
    await store.close();
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Names of all that can be asked for, of every kind of metric. */
  const measured = (): Set<string> =>
    new Set(
      Object.values(texts).flatMap((text) =>
        [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, type]) =>
          type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name!],
        ),
      ),
    );
  const namesIn = (expr: string): string[] => expr.match(/\b(servent|store|nodejs|process|http)_\w+/g) ?? [];

  for (const { uid, panels } of dashboards) {
    it(`the dashboard ${uid} shows what is measured`, () => {
      const asked = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => namesIn(expr)));
      expect(asked.length).to.be.above(panels.length / 2);
      expect(asked.filter((name) => !measured().has(name))).to.deep.equal([]);
    });

    it(`the dashboard ${uid} has all of a ${uid}'s own measures, and no panel upon another`, () => {
      const own = [...measured()].filter((name) => name.startsWith(`${uid}_`) && !name.endsWith('_build_info'));
      const asked = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => namesIn(expr)));
      expect(asked).to.include.members(own);
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
      );
      expect(new Set(cells).size).to.equal(cells.length);
    });
  }

  it('alerts watch what is measured', () => {
    const asked = alerts.flatMap(({ expr }) => namesIn(expr));
    expect(asked).to.include.members(['servent_kernel_drops_total', 'store_has_leader']);
    expect(asked.filter((name) => !measured().has(name))).to.deep.equal([]);
  });

  it('measures, rules and questions are what Prometheus takes, says promtool', function () {
    const rules = dashboards.flatMap(({ panels }) => panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)));
    const asked = join(folder, 'asked.yml');
    const filled = rules.map((expr) => ({ record: 'asked', expr: expr.replaceAll('$__rate_interval', '1m') }));
    writeFileSync(asked, stringify({ groups: [{ name: 'asked', rules: filled }] }));
    for (const [check, input] of [
      [['metrics'], texts['servent']],
      [['metrics'], texts['store']],
      [['config', join(SERVICE, 'prometheus', 'prometheus.yml')], ''],
      [['rules', join(SERVICE, 'prometheus', 'alerts.yml')], ''],
      [['rules', '--lint=none', asked], ''],
    ] as const) {
      const said = promtoolSays(check, input);
      if (said === undefined) this.skip();
      expect(said, check.join(' ')).to.equal('');
    }
  });
});
