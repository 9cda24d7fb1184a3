import { setTimeout as sleep } from 'node:timers/promises';
import { ensureUnlockKey, loadTls, readUnlockKey, submitShares, type ConnectionProfile, type HeldUnlockKey } from '@selvedge/client';
import { fromHex, toHex } from '@selvedge/crypto';
import { isSelvedgeError, type RefusalCode } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import type { UnlockStatus } from '@selvedge/protocol';
import { readIfPresent, writeWhole } from '@selvedge/service-kit/launch';
import type { Deployment } from './deployment.js';
import type { FabricLayout } from './folder-layout.js';
import { ownOrganisations } from './folder.js';

/** What a key broker answers while it is restarted. */
const RESTARTING: ReadonlySet<RefusalCode> = new Set<RefusalCode>(['PROFILE_MISMATCH', 'UNAVAILABLE', 'TIMEOUT']);
const POLL_MS = 250;

/** Makes the unlock keys of the organisations operated here, unless they are there, and shares their public parts. */
export async function ensureUnlockKeys(layout: FabricLayout, deployment: Deployment): Promise<void> {
  for (const { mspId } of ownOrganisations(deployment)) {
    const { publicKey } = await ensureUnlockKey(layout.unlockKeyFile(mspId));
    await writeWhole(layout.sharedUnlockKey(mspId), `${toHex(publicKey)}\n`);
  }
}

/** Public unlock keys by MSP id, as far as the shared folder has them; and the organisations that it lacks. */
export async function readUnlockKeys(layout: FabricLayout, { organisations }: Deployment): Promise<{ readonly keys: ReadonlyMap<string, Uint8Array>; readonly missing: string[] }> {
  const keys = new Map<string, Uint8Array>();
  const missing: string[] = [];
  for (const { mspId } of organisations) {
    const text = (await readIfPresent(layout.sharedUnlockKey(mspId)))?.toString('latin1').trim();
    // The profile's own check refuses a key of another form.
    if (text === undefined || !/^(?:[0-9a-f]{2}){1,256}$/.test(text)) missing.push(mspId);
    else keys.set(mspId, fromHex(text));
  }
  return { keys, missing: missing.sort() };
}

/** Sends the key broker the shares of the organisations operated here. Rejects with what submitShares rejects with. */
export async function submitOwnShares(layout: FabricLayout, deployment: Deployment, input: { readonly connectionProfile: Pick<ConnectionProfile, 'tls' | 'keyBroker'>; readonly profile: Profile }): Promise<UnlockStatus> {
  const { connectionProfile, profile } = input;
  return submitShares({ address: connectionProfile.keyBroker, tls: loadTls(connectionProfile), profile, now: new Date() }, await ownUnlockKeys(layout, deployment));
}

/** Unlock keys of the organisations operated here. Throws INVALID_CONFIGURATION. */
export function ownUnlockKeys(layout: FabricLayout, deployment: Deployment): Promise<HeldUnlockKey[]> {
  return Promise.all(ownOrganisations(deployment).map(async ({ mspId }) => ({ mspId, keyPair: await readUnlockKey(layout.unlockKeyFile(mspId)) })));
}

/**
 * As submitOwnShares, and waits for a key broker that is being restarted with a new profile. Resolves with undefined when
 * it still answers with another profile, or not at all: its operator has to start it.
 */
export async function settleUnlock(layout: FabricLayout, deployment: Deployment, input: { readonly connectionProfile: Pick<ConnectionProfile, 'tls' | 'keyBroker'>; readonly profile: Profile; readonly timeoutMs: number }): Promise<UnlockStatus | undefined> {
  const deadline = performance.now() + input.timeoutMs;
  for (;;) {
    try {
      return await submitOwnShares(layout, deployment, input);
    } catch (error) {
      if (!isSelvedgeError(error) || !RESTARTING.has(error.code)) throw error;
    }
    if (performance.now() > deadline) return undefined;
    await sleep(POLL_MS);
  }
}

export function lockedText({ submitted, threshold }: UnlockStatus): string {
  if (threshold === 0) return 'the key broker has no root yet: it waits for another replica’s';
  return `the key broker is locked: ${String(submitted.length)} of ${String(threshold)} shares are there; other operators run "selvedge broker unlock"`;
}
