import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readKeyAccessFile } from './key-access-file.js';

let file: string;
beforeAll(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'selvedge-key-access-')), 'rules.yaml');
});
afterAll(() => rm(join(file, '..'), { recursive: true }));

const read = async (text: string | Uint8Array): Promise<unknown> => {
  await writeFile(file, text);
  return readKeyAccessFile(file);
};
const refused = (code: string, text = ''): unknown => expect.objectContaining({ code, message: expect.stringContaining(text) as string });

it('reads the rules of a contract out of YAML or JSON', async () => {
  const rules = [{ role: 'compute', operatorMspId: 'NorthMSP', nodeIds: ['compute-1'] }];
  expect(await read('keyAccess:\n  - role: compute\n    operatorMspId: NorthMSP\n    nodeIds: [compute-1]\n')).toEqual(rules);
  expect(await read(JSON.stringify({ keyAccess: rules }))).toEqual(rules);
  expect(await read('keyAccess: []')).toEqual([]);
});

it('refuses anything else by name', async () => {
  for (const [text, field] of [['keyAccess: [{ role: compute }]', 'keyAccess.0.operatorMspId'], ['rules: []', 'keyAccess'], ['keyAccess: [], more: 1', 'keyAccess'], ['7', ''], ['keyAccess: {}', 'keyAccess']] as const) {
    await expect(read(text)).rejects.toEqual(refused(text.includes('], more') ? 'PROFILE_INVALID' : 'MANIFEST_INVALID', text.includes('], more') ? '' : field));
  }
  await expect(read('a: [')).rejects.toEqual(refused('PROFILE_INVALID', 'neither YAML nor JSON'));
  await expect(read(Uint8Array.of(0xff, 0xfe, 0))).rejects.toEqual(refused('PROFILE_INVALID'));
  await expect(read('#'.repeat(1024 * 1024 + 1))).rejects.toEqual(refused('LIMIT_EXCEEDED'));
});
