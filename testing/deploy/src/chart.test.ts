import path from 'node:path';
import { load, loadAll } from 'js-yaml';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Service } from 'kubernetes-models/v1/Service';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOY, faultsOf, filesNamed, installedPrograms, serviceOf, textOf, tryProgram } from './deploy-files.js';

const CHART = path.join(DEPLOY, 'helm/selvedge');
const hasHelm = tryProgram('helm', ['version']) !== undefined;
if (!hasHelm) process.stdout.write('skipped: rendering of the chart, since helm is not on PATH\n');

interface Role {
  readonly enabled: boolean;
  readonly program: string;
  readonly secret: string;
  readonly storage?: { readonly size: string };
  readonly config: Record<string, unknown>;
}
const { roles } = load(textOf('helm/selvedge/values.yaml')) as { readonly roles: Record<string, Role> };

let programs: ReadonlySet<string>;
beforeAll(async () => {
  programs = await installedPrograms();
});

describe('the chart’s values', () => {
  it.each(Object.entries(roles))('have for %s a program and a configuration that it takes', async (name, { program, config, storage }) => {
    expect(programs).toContain(`node_modules/@selvedge/${program}`);
    expect(await faultsOf(serviceOf(program), config)).toEqual([]);
    for (const file of filesNamed(config, '/etc/')) expect(file).toMatch(new RegExp(`^/etc/selvedge/(?:${name}|network)/`));
    expect(config.monitoring).toEqual({ listen: '0.0.0.0:9464', exposed: true });
    // What a role keeps must be kept; a compute node keeps nothing, and chaincodes neither.
    expect(storage !== undefined).toBe('directory' in config || 'storeDirectory' in config);
  });

  it('run no simulated TEE unless asked to', () => {
    for (const { enabled, config } of Object.values(roles)) if ('tee' in config) expect(enabled).toBe(false);
  });
});

interface Manifest {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly name: string };
  readonly data?: Record<string, string>;
  readonly spec: { readonly template: { readonly spec: Record<string, unknown> & { readonly containers: readonly Record<string, unknown>[] } } };
}
type Model = new (manifest: Manifest) => { validate(): void };
/** The model of a kind by its group and version; its validation is Kubernetes' own schema. */
const MODELS: Readonly<Record<string, Model>> = {
  'v1/ConfigMap': ConfigMap,
  'v1/Service': Service as unknown as Model,
  'apps/v1/Deployment': Deployment as unknown as Model,
  'apps/v1/StatefulSet': StatefulSet as unknown as Model,
  'networking.k8s.io/v1/NetworkPolicy': NetworkPolicy as unknown as Model,
};

describe.skipIf(!hasHelm)('the chart', () => {
  const render = (...args: string[]): Manifest[] => {
    const { code, out } = tryProgram('helm', ['template', 'org1', CHART, ...args]) ?? {};
    expect({ code, out: code === 0 ? '' : out }).toEqual({ code: 0, out: '' });
    return loadAll(out ?? '').filter((manifest) => manifest !== null) as Manifest[];
  };
  const everything = (): Manifest[] => render(...Object.keys(roles).flatMap((name) => ['--set', `roles.${name}.enabled=true`]));

  it('passes helm’s own lint', () => {
    expect(tryProgram('helm', ['lint', '--strict', CHART])).toMatchObject({ code: 0 });
  });

  it('renders what Kubernetes’ schemas take', () => {
    const manifests = everything();
    expect(manifests.length).toBe(4 * Object.keys(roles).length);
    for (const manifest of manifests) {
      const model = MODELS[`${manifest.apiVersion}/${manifest.kind}`];
      expect(model, manifest.kind).toBeDefined();
      if (model !== undefined) expect(() => { new model(manifest).validate(); }, `${manifest.kind} ${manifest.metadata.name}`).not.toThrow();
    }
    const [{ data = {} } = {}] = manifests.filter(({ kind }) => kind === 'ConfigMap');
    expect(JSON.parse(data['config.json'] ?? '')).toEqual(roles[Object.keys(roles).sort()[0] ?? '']?.config);
  });

  it('gives pods no rights, no token, no secret by the environment, and probes', () => {
    const workloads = everything().filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
    expect(workloads.length).toBe(Object.keys(roles).length);
    for (const { metadata, spec } of workloads) {
      const pod = spec.template.spec;
      expect(pod, metadata.name).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } } });
      for (const setting of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod).not.toHaveProperty(setting);
      for (const container of pod.containers) {
        expect(container).toMatchObject({
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, privileged: false, capabilities: { drop: ['ALL'] } },
          env: [{ name: 'SELVEDGE_CONFIG' }],
          livenessProbe: { httpGet: { path: '/healthz' } },
          readinessProbe: { httpGet: { path: '/readyz' } },
          resources: { limits: { memory: expect.any(String) as string } },
        });
        expect(container.env).toHaveLength(1);
      }
    }
  });

  it('names an image by digest where one is given', () => {
    const digest = `sha256:${'ab'.repeat(32)}`;
    const images = render('--set', `image.digest=${digest}`).filter(({ kind }) => kind === 'StatefulSet').map(({ spec }) => spec.template.spec.containers[0]?.image);
    expect(images).toEqual([`selvedge@${digest}`]);
  });
});
