import { SelvedgeError } from '@selvedge/errors';
import { CHANNEL_EPOCH, isEpochUsable, verifyTeeStanding, type FactReader, type Profile } from '@selvedge/policy';
import type { SealedRequest } from '@selvedge/protocol';
import { openSealedRequest, requestDigest, type OpenedRequest, type RecipientContexts } from '@selvedge/sealed-objects';
import type { HeldKeys } from '@selvedge/tee-node';

/** A request whose transaction key is known: from here on every answer is sealed. */
export interface UnsealedRequest extends OpenedRequest {
  /** Keyed digest of the SignedRequest bytes, 32 bytes. */
  readonly requestDigest: Uint8Array;
}

/**
 * Checks the clear header and unseals (DESIGN 2, step 2). What it throws travels in the clear: the codes of
 * openSealedRequest, UNKNOWN_SUITE for a suite that the profile does not allow, ENVELOPE_EPOCH_UNKNOWN and
 * ENVELOPE_EPOCH_REVOKED by the ledger's word, NOT_READY while the key is still on its way.
 */
export function openRequest(sealed: SealedRequest, context: { readonly keys: HeldKeys; readonly profile: Profile; readonly ledger: FactReader; readonly contexts: RecipientContexts }): UnsealedRequest {
  const { keys, profile, ledger, contexts } = context;
  const { network, channel, allowedSuites } = profile.message;
  const envelopeKey = (suite: string, epoch: bigint): ReturnType<HeldKeys['envelopeKey']> => {
    if (!allowedSuites.includes(suite)) throw new SelvedgeError('UNKNOWN_SUITE', 'the network profile does not allow this suite');
    verifyEnvelopeEpoch(ledger, epoch);
    const key = keys.envelopeKey(suite, epoch);
    if (key === undefined) throw new SelvedgeError('NOT_READY', `this node has not received the envelope keys of epoch ${String(epoch)} yet`);
    return key;
  };
  const opened = openSealedRequest(sealed, envelopeKey, { network, channel }, contexts);
  return { ...opened, requestDigest: requestDigest(opened.header.suite, opened.transactionKey, opened.signedRequest) };
}

function verifyEnvelopeEpoch(ledger: FactReader, epoch: bigint): void {
  const status = isEpochUsable(ledger, CHANNEL_EPOCH, epoch);
  if (status === 'revoked') throw new SelvedgeError('ENVELOPE_EPOCH_REVOKED', `envelope epoch ${String(epoch)} is revoked`);
  if (status !== 'usable') throw new SelvedgeError('ENVELOPE_EPOCH_UNKNOWN', `envelope epoch ${String(epoch)} is ${status}`);
}

/** Throws TEE_REVOKED or TEE_CERTIFICATE_EXPIRED when this node lost its standing on the ledger: it shall open nothing more. */
export function verifyOwnStanding(keys: HeldKeys, profile: Profile, ledger: FactReader): void {
  const { network, channel } = profile.message;
  for (const binding of keys.bindings) verifyTeeStanding(ledger, binding, { network, channel, role: 'compute' });
}
