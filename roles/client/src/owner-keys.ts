import { SelvedgeError } from '@selvedge/errors';
import { verifyOwnerKeys, type Profile } from '@selvedge/policy';
import { Business, encodeMessage, OwnerKeysSchema } from '@selvedge/protocol';
import { connectRpc } from '@selvedge/rpc';
import { loadTls } from './adapters/tls-files.js';
import type { ConnectionProfile } from './domain/connection-profile.js';

const TIMEOUT_MS = 10_000;

/**
 * What an organisation's business node says that copies for it are sealed to, signed by that organisation's peer: OwnerKeys bytes, a fact's value.
 * Rejects with INVALID_CONFIGURATION when no business node of it is configured, POLICY_MALFORMED for an answer that does not hold, and
 * what the way to the node refuses.
 */
export async function fetchOwnerKeys({ connectionProfile, profile, mspId }: { readonly connectionProfile: ConnectionProfile; readonly profile: Profile; readonly mspId: string }): Promise<Uint8Array> {
  const node = connectionProfile.businessNodes.find((candidate) => candidate.mspId === mspId);
  if (node === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `no business node of ${mspId} is known here`, { role: 'client' });
  const connection = connectRpc(node.address, { tls: loadTls(connectionProfile) });
  try {
    const value = encodeMessage(OwnerKeysSchema, await connection.client(Business).getOwnerKeys({}, { timeoutMs: TIMEOUT_MS }));
    verifyOwnerKeys(mspId, value, profile);
    return value;
  } finally {
    connection.close();
  }
}
