import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../../support/commands';
import { optionsOf, readService, SERVICE, yamlService } from '../../support/service';

interface ComposeService {
  image: string;
  command?: string;
  hostname?: string;
  build?: { context: string; dockerfile: string };
  volumes?: string[];
  healthcheck?: { test: string[] };
  networks?: string[] | Record<string, { ipv4_address: string }>;
  depends_on?: string[] | Record<string, object>;
}

interface Compose {
  services: Record<string, ComposeService>;
  volumes?: Record<string, null>;
}

const FOLDER = join(SERVICE, 'compose');

for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'))) {
  describe(`the compose file ${name}`, () => {
    const { services, volumes = {} } = yamlService<Compose>(join('compose', name));
    const ours = Object.entries(services).filter(([, { image }]) => image === 'servent');

    for (const [service, { command, build, healthcheck }] of ours) {
      it(`starts ${service} with words that its program takes`, async () => {
        expect(await optionsOf(command!)).to.have.property('options');
        expect(resolve(FOLDER, build!.context)).to.equal(ROOT);
        expect(existsSync(join(ROOT, build!.dockerfile))).to.equal(true);
      });

      it(`asks ${service} how it is where it listens`, () => {
        const listens = /--http \S+:(\d+)/.exec(command!)?.[1];
        const asked = /:(\d+)\/(healthz|readyz)/.exec(healthcheck?.test.at(-1) ?? '')?.[1];
        expect(asked).to.equal(listens);
      });
    }

    it('names services, hosts, files and volumes that are there', () => {
      const hosts = Object.entries(services).flatMap(([service, { networks = {} }]) => [
        service,
        ...Object.values(networks).flatMap((network: string | { ipv4_address: string }) =>
          typeof network === 'string' ? [] : [network.ipv4_address],
        ),
      ]);
      for (const [
        service,
        { command = '', hostname = service, volumes: mounted = [], depends_on = {} },
      ] of Object.entries(services)) {
        expect(hostname, 'a host that does not know its own name refuses requests under it').to.equal(service);
        const named = [...command.matchAll(/(?<= |,)([\w.-]+):\d+/g)].map(([, host]) => host!);
        expect(hosts).to.include.members(named.filter((host) => host !== '0.0.0.0'));
        const needed = Array.isArray(depends_on) ? depends_on : Object.keys(depends_on);
        expect(Object.keys(services)).to.include.members(needed);
        for (const source of mounted.map((volume) => volume.split(':')[0]!)) {
          expect(
            source.startsWith('.') ? existsSync(join(FOLDER, source)) : Object.hasOwn(volumes, source),
            source,
          ).to.equal(true);
        }
      }
    });
  });
}

describe("Prometheus' configuration for the overlay", () => {
  it('asks every servent', () => {
    const { services } = yamlService<Compose>('compose/overlay.yaml');
    const { scrape_configs } = yamlService<{ scrape_configs: { static_configs: { targets: string[] }[] }[] }>(
      'prometheus/prometheus.yml',
    );
    const servents = Object.entries(services).filter(([, { image }]) => image === 'servent');
    expect(scrape_configs[0]!.static_configs[0]!.targets).to.deep.equal(
      servents.map(([name, { command }]) => `${name}:${/--http \S+:(\d+)/.exec(command!)![1]}`),
    );
  });
});

describe('the container image', () => {
  const dockerfile = readService('container/Dockerfile');

  it('does not run as root', () => {
    expect(/^USER (\S+)$/m.exec(dockerfile)?.[1]).to.equal('node');
  });

  it('holds what the commands of the compose files read', () => {
    const copied = [...dockerfile.matchAll(/^COPY --from=build \/opt\/servent\/(\S+) /gm)].map(([, path]) => path!);
    const files = [...readService('compose/overlay.yaml').matchAll(/servent 5000 (\S+)/g)].map(([, path]) => path!);
    for (const file of files) {
      expect(existsSync(join(ROOT, file)), file).to.equal(true);
      expect(copied).to.include(file.split('/')[0]);
    }
    expect(copied).to.include.members(['package.json', 'node_modules', 'dist', 'bin']);
  });

  it('is not built from what must stay outside', () => {
    const ignored = readService('container/Dockerfile.dockerignore').split('\n');
    expect(ignored).to.include.members(['.git', '**/node_modules', 'dist', 'service']);
  });
});
