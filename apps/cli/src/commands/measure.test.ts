import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { measureFile } from '@selvedge/attestation';
import { toHex } from '@selvedge/crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../run.js';

const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-measure-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const file = path.join(folder, 'node.mjs');
writeFileSync(file, 'the whole code');

async function measure(...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(['--json', 'attest', 'measure', ...args], { out: (text) => out.push(text), err: (text) => err.push(text) });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('attest measure', () => {
  it('prints what a simulated TEE states of a file under a version of Node, and its digest', async () => {
    const { code, out } = await measure(file, '--node', 'v20.19.0');
    const sha256 = createHash('sha256').update('the whole code').digest('hex');
    expect({ code, value: JSON.parse(out) as unknown }).toEqual({ code: 0, value: { node: 'v20.19.0', measured: [{ code: file, measurement: toHex(measureFile(file, 'v20.19.0')), sha256, file }] } });
    const other = JSON.parse((await measure(file)).out) as { node: string; measured: { measurement: string }[] };
    expect(other.node).toBe(process.version);
    expect(other.measured[0]?.measurement).toBe(toHex(measureFile(file, process.version)));
  });

  it('refuses what is no version, and a file that is not there', async () => {
    expect(await measure(file, '--node', '20')).toMatchObject({ code: 2, err: expect.stringContaining('USAGE') as string });
    expect(await measure(path.join(folder, 'nothing.mjs'))).toMatchObject({ code: 1, err: expect.stringContaining('INVALID_CONFIGURATION') as string });
  });
});
