import { loadTls, type ConnectionProfile, type ExecutedTransaction } from '@selvedge/client';
import { SelvedgeError } from '@selvedge/errors';
import { Endorser, type TargetData } from '@selvedge/protocol';
import { connectRpc } from '@selvedge/rpc';

/** Flips one bit of the first TEE signature in place; its encoding stays well formed. Throws SIGNATURE_INVALID where there is none. */
export function forgeTeeSignature(targetData: TargetData): void {
  const signature = targetData.attachments?.teeSignatures[0]?.signature;
  const last = signature?.at(-1);
  if (signature === undefined || last === undefined) throw new SelvedgeError('SIGNATURE_INVALID', 'the target data has no TEE signature to forge', { role: 'console' });
  signature[signature.length - 1] = last ^ 1;
}

/**
 * Shows an endorser what an execution made, with a forged TEE signature; nothing is ordered. Rejects with the endorser's refusal,
 * and with INTERNAL where it endorses.
 */
export async function showForged(executed: ExecutedTransaction, connectionProfile: ConnectionProfile): Promise<never> {
  forgeTeeSignature(executed.targetData);
  // Fabric's peers are reached through their gateway alone, which the client's own endorsing does.
  if (connectionProfile.ledger === 'fabric') await executed.endorse();
  else await askEndorser(executed.targetData, connectionProfile);
  throw new SelvedgeError('INTERNAL', 'an endorser took a forged TEE signature', { role: 'console' });
}

/** The client checks signatures itself before it asks anyone: an attacker would not. */
async function askEndorser(targetData: TargetData, connectionProfile: ConnectionProfile): Promise<void> {
  const [endorser] = connectionProfile.endorsers;
  if (endorser === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', 'the connection profile names no endorser', { role: 'console' });
  const connection = connectRpc(endorser.address, { tls: loadTls(connectionProfile) });
  try {
    await connection.client(Endorser).endorse({ targetData });
  } finally {
    connection.close();
  }
}
