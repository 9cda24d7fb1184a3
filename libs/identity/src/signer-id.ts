import { labelledHash, toHex } from '@selvedge/crypto';

/**
 * Names who signed, however the certificate is written: organisation and key. Where signers are counted, the bytes of an
 * identity do not do, since PEM white space or a certificate's unsigned outer fields can be varied by anyone.
 * Lower-case hex, 64 characters.
 */
export function signerIdOf(mspId: string, publicKeyDer: Uint8Array): string {
  return toHex(labelledHash('signer', mspId, publicKeyDer));
}
