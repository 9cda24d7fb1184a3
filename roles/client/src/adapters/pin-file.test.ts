import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeNetwork, type FakeNetwork } from '../testdata/fake-network.js';
import { parsePins, printPins } from '../domain/pins.js';
import { openPins } from './pin-file.js';

let folder: string;
let file: string;
let network: FakeNetwork;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'selvedge-client-pins-'));
  file = path.join(folder, 'pins.json');
  network = await createFakeNetwork();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const query = async (target = network): Promise<void> => {
  const gateway = target.connect({ pins: await openPins(file), limits: { evidenceTimeoutMs: 300 } });
  try {
    await gateway.getNetwork('trade').getContract('diamonds').evaluateTransaction('f');
  } finally {
    gateway.close();
  }
};
const kept = (): ReturnType<typeof parsePins> => parsePins(readFileSync(file, 'utf8'));

describe('a file of pins', () => {
  it('is made with the first network that is verified, whole, for its owner alone', async () => {
    await query();
    expect(kept().signedProfile).toEqual(network.consortium.signedProfile);
    expect(kept().envelope.contractEpochs).toEqual(new Map([['diamonds', 1n]]));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['pins.json']);
  });

  it('is not made by a network that is not verified', async () => {
    network.hooks.evidence = () => network.evidence(new Uint8Array(32));
    await expect(query()).rejects.toMatchObject({ code: 'EVIDENCE_UNBOUND' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps a later session from older epochs', async () => {
    await query();
    const { signedProfile, envelope } = kept();
    const newer = { signedProfile, envelope: { ...envelope, contractEpochs: new Map([['diamonds', 2n]]) } };
    writeFileSync(file, printPins(newer));
    await expect(query()).rejects.toMatchObject({ code: 'BROKER_STATE_MISMATCH' });
    expect(network.calls.some((call) => call.startsWith('execute'))).toBe(true);
    expect(kept()).toEqual(newer);
  });

  it('keeps a later session from another network under the same names', async () => {
    await query();
    await expect(query(await createFakeNetwork())).rejects.toMatchObject({ code: 'PROFILE_MISMATCH', message: expect.stringContaining('remove the file') as string });
  });

  it('is never set back by a session that began before', async () => {
    const early = await openPins(file);
    await query();
    const { signedProfile, envelope } = kept();
    const newer = { signedProfile, envelope: { ...envelope, contractEpochs: new Map([['diamonds', 9n], ['opals', 1n]]) } };
    await (await openPins(file)).keep(newer);
    await early.keep({ signedProfile, envelope });
    expect(kept()).toEqual(newer);
  });

  it('that is broken, too large or in no folder is refused, not replaced', async () => {
    writeFileSync(file, 'x');
    await expect(openPins(file)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
    writeFileSync(file, ' '.repeat(2 * 1024 * 1024 + 1));
    await expect(openPins(file)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('too large') as string });
    await expect(openPins(folder)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
    file = path.join(folder, 'nowhere', 'pins.json');
    await expect(query()).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('cannot write') as string });
  });
});
