import { setTimeout as sleep } from 'node:timers/promises';
import { ensureUnlockKey, fetchUnlockStatus, loadTls, readUnlockKey, submitShares, type HeldUnlockKey } from '@selvedge/client';
import { SelvedgeError } from '@selvedge/errors';
import { verifySignedProfile } from '@selvedge/policy';
import { readIfPresent } from '@selvedge/service-kit/launch';
import { organisationsOf } from './identities.js';
import type { Layout } from './layout.js';
import type { NetworkSettings } from './options.js';
import { defaultTlsFiles } from './tls-files.js';

/** Makes every organisation's unlock key, and gives the public ones by MSP id. */
export async function ensureUnlockKeys(layout: Layout, settings: NetworkSettings): Promise<ReadonlyMap<string, Uint8Array>> {
  const keys = organisationsOf(settings).map(async (mspId) => [mspId, (await ensureUnlockKey(layout.unlockKeyFile(mspId))).publicKey] as const);
  return new Map(await Promise.all(keys));
}

const POLL_MS = 50;

/**
 * What the organisations do when a key broker has started: as many as it takes send it their shares.
 * @param broker othersMs: how long another replica may take before that to unlock it
 */
export async function unlockKeyBroker(layout: Layout, settings: NetworkSettings, { address, othersMs }: { readonly address: string; readonly othersMs: number }): Promise<void> {
  const signedProfile = await readIfPresent(layout.profileFile);
  if (signedProfile === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `${layout.profileFile} is missing`, { role: 'cli' });
  const tls = loadTls({ tls: defaultTlsFiles(layout, settings) });
  const lock = { address, tls, profile: verifySignedProfile(signedProfile), now: new Date() };
  const deadline = performance.now() + othersMs;
  while (performance.now() < deadline) {
    if (!(await fetchUnlockStatus(lock)).locked) return;
    await sleep(POLL_MS);
  }
  await submitShares(lock, await readUnlockKeys(layout, settings));
}

/** Every organisation's unlock key: a development network has them all in one folder. Throws INVALID_CONFIGURATION. */
export function readUnlockKeys(layout: Layout, settings: NetworkSettings): Promise<HeldUnlockKey[]> {
  return Promise.all(organisationsOf(settings).map(async (mspId) => ({ mspId, keyPair: await readUnlockKey(layout.unlockKeyFile(mspId)) })));
}
