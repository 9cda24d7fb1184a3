import { randomBytes, type KeyObject } from 'node:crypto';
import { generateP256, isP256SignatureValid, signP256, suiteByName, type KemKeyPair } from '@selvedge/crypto';
import { computeTxId, signing } from '@selvedge/protocol';
import { createRecipientContexts, createSenderContext, openSealedRequest, sealRequest } from '@selvedge/sealed-objects';

const SUITE = suiteByName('P256-AES256GCM-SHA256');
/** Names and header fields of a request, beside its value. */
const FRAME_BYTES = 1_200;
/** What every measured request is for. */
export const PLACE = { network: 'bench', channel: 'bench' };

/** A sealed request, what opens it and what it holds; all of it may be sent to a thread. */
export interface SealedWork {
  readonly envelope: KemKeyPair;
  readonly sealed: { readonly header: Uint8Array; readonly enc: Uint8Array; readonly salt: Uint8Array; readonly ciphertext: Uint8Array };
  readonly body: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  readonly creatorKeyDer: Uint8Array;
  readonly signature: Uint8Array;
}

/** Seals a request with a value of this size, signed by its creator. */
export function createSealedWork(valueBytes: number): SealedWork & { readonly creatorKey: KeyObject; readonly txId: Uint8Array } {
  const envelope = SUITE.generateKemKeyPair();
  const creator = generateP256();
  const body = new Uint8Array(randomBytes(valueBytes + FRAME_BYTES));
  const context = createSenderContext({ suite: SUITE.name, envelopeKey: { epoch: 1n, publicKey: envelope.publicKey }, ...PLACE });
  const txId = computeTxId(randomBytes(24), creator.publicKeyDer);
  const { header, enc, salt, ciphertext } = sealRequest({ context, txId, signedRequest: body }).sealed;
  return {
    txId,
    envelope,
    sealed: { header, enc, salt, ciphertext },
    body,
    creatorKeyDer: creator.publicKeyDer,
    creatorKey: creator.publicKey,
    signature: signP256(creator.privateKey, signing.request(body)),
  };
}

/** Opens such a request and checks who made it, as a compute node does with each of a client that it knows. Throws when either fails. */
export function createOpener({ envelope, creatorKeyDer }: SealedWork): (sealed: SealedWork['sealed'], signature: Uint8Array) => Uint8Array {
  const contexts = createRecipientContexts(1);
  const creatorKey = SUITE.importPublicKey(creatorKeyDer);
  return (sealed, signature) => {
    const { signedRequest } = openSealedRequest(sealed, () => envelope, PLACE, contexts);
    if (!isP256SignatureValid(creatorKey, signing.request(signedRequest), signature)) throw new Error('the signature does not hold');
    return signedRequest;
  };
}
