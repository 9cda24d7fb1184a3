import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Bundles } from './bundles.js';
import { layoutOf } from './layout.js';
import type { PlannedNode } from './node-configs.js';
import { createNodeGroup, type NodeGroup } from './node-group.js';
import { settingsOf, type DevNetworkOptions } from './options.js';
import { ensureTls } from './tls.js';

const MSP_ID = 'NorthMSP';
const READY = `console.log(JSON.stringify({ ready: true, role: 'endorser', address: '127.0.0.1:9' }));`;
const endorser = (name: string): PlannedNode => ({ name, service: 'endorser', mspId: MSP_ID });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selvedge-node-group-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Its nodes note their pids; one that is called broken ends at once. */
async function createGroup(options: Partial<DevNetworkOptions> = {}): Promise<NodeGroup> {
  const layout = layoutOf(folder);
  await ensureTls(layout, [MSP_ID], ['User1'], new Date());
  const bundle = join(folder, 'endorser.mjs');
  await writeFile(
    bundle,
    `import { writeFileSync } from 'node:fs';
    if (process.cwd().endsWith('broken')) process.exit(3);
    writeFileSync(${JSON.stringify(join(folder, 'pid'))}, String(process.pid));
    setTimeout(() => { ${READY} }, 500);
    setInterval(() => {}, 1000);`,
  );
  return createNodeGroup({ layout, settings: settingsOf({}), bundles: { endorser: bundle } as unknown as Bundles, options: { directory: folder, ...options }, known: new Map() });
}

async function expectEnded(): Promise<void> {
  const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
}

describe('a group of nodes', () => {
  it('ends those that were on their way when another failed at its start', async () => {
    const group = await createGroup();
    const slow = group.start(endorser('slow'));
    await expect(group.start(endorser('broken'))).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('exit code 3') as string });
    await group.endAll();
    expect(await slow).toMatchObject({ name: 'slow' });
    await expectEnded();
  });

  it('ends a process that started and cannot join', async () => {
    const group = await createGroup({ intercept: () => Promise.reject(new Error('no proxy')) });
    await expect(group.start(endorser('alone'))).rejects.toThrow('no proxy');
    await expectEnded();
  });
});
