import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FABRIC_BINARIES, findFabricBinaries, missingFabricBinaries } from './binaries.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selvedge-binaries-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(name: string, mode: number): Promise<void> {
  await writeFile(join(folder, name), '#!/bin/sh\n');
  await chmod(join(folder, name), mode);
}

describe('findFabricBinaries', () => {
  it('finds each program in the first folder of the path that has it', async () => {
    for (const name of FABRIC_BINARIES) await put(name, 0o755);
    const found = findFabricBinaries(`/nowhere:${folder}`);
    expect(found.peer).toBe(join(folder, 'peer'));
    expect(missingFabricBinaries(folder)).toEqual([]);
  });

  it('names what is missing, and where to get it', async () => {
    await put('peer', 0o755);
    await put('orderer', 0o644);
    await mkdir(join(folder, 'osnadmin'));
    expect(missingFabricBinaries(folder)).toEqual(['orderer', 'configtxgen', 'osnadmin']);
    expect(() => findFabricBinaries(folder)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringMatching(/orderer, configtxgen, osnadmin.*github\.com\/hyperledger\/fabric\/releases/) as string }));
  });

  it('does not look into the working folder, or anywhere from there', async () => {
    for (const name of FABRIC_BINARIES) await put(name, 0o755);
    expect(missingFabricBinaries(relative(process.cwd(), folder))).toEqual([...FABRIC_BINARIES]);
    expect(missingFabricBinaries('.:')).toEqual([...FABRIC_BINARIES]);
    expect(missingFabricBinaries('')).toEqual([...FABRIC_BINARIES]);
  });
});
