import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEPLOY, faultsOf, textOf } from './deploy-files.js';
import { SERVICE_CONFIGS } from './service-configs.js';

const configs = ['config', 'compose/config'].flatMap((folder) => readdirSync(path.join(DEPLOY, folder)).map((file) => path.join(folder, file)));
const contentOf = (file: string): Record<string, unknown> => JSON.parse(textOf(file)) as Record<string, unknown>;

describe('configurations', () => {
  it('are there for every service', () => {
    expect(configs.filter((file) => file.startsWith('config/')).map((file) => path.basename(file, '.json')).sort()).toEqual(Object.keys(SERVICE_CONFIGS).sort());
  });

  it.each(configs)('%s is one that its service takes', async (file) => {
    const config = contentOf(file);
    expect(await faultsOf(path.basename(file, '.json'), config)).toEqual([]);
    expect(await faultsOf(path.basename(file, '.json'), { ...config, unknown: true })).not.toEqual([]);
  });

  it('use TLS, and hardware unless they are for evaluation', () => {
    for (const file of configs) {
      const { tls, tee } = contentOf(file) as { readonly tls: unknown; readonly tee?: { readonly kind: string } };
      expect(tls, file).toMatchObject({ privateKey: expect.stringMatching(/^\/etc\/selvedge\//) as string });
      if (tee !== undefined) expect(tee.kind === 'simulated', file).toBe(file.startsWith('compose/'));
    }
  });
});
