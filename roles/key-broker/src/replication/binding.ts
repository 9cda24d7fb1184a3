import { labelledHash, lengthPrefixed, suiteByName } from '@selvedge/crypto';

/** Replicas seal to each other under one suite of their own, as their store does: it is of no network suite. */
export const REPLICATION_SUITE = suiteByName('P256-AES256GCM-SHA256');
export const NONCE_BYTES = 32;

/** The network and channel of a broker. */
interface Scope {
  readonly network: string;
  readonly channel: string;
}

/** Digest of what a replica without its root says of itself, for its report data. 32 bytes. */
export function rootRequestDigest(statement: Scope & { readonly operatorMspId: string; readonly ownNonce: Uint8Array }): Uint8Array {
  return labelledHash('root request', statement.network, statement.channel, statement.operatorMspId, statement.ownNonce);
}

/** Digest of what a replica hands over, for its report data: the evidence vouches for these very bytes. 32 bytes. */
export function rootShareDigest(statement: Scope & { readonly rootCertificate: Uint8Array; readonly enc: Uint8Array; readonly ciphertext: Uint8Array }): Uint8Array {
  return labelledHash('root share', statement.network, statement.channel, statement.rootCertificate, statement.enc, statement.ciphertext);
}

/** HPKE info of a sealed root: ties it to one exchange, network and channel. */
export function rootShareInfo(exchange: Scope & { readonly nonce: Uint8Array; readonly ownNonce: Uint8Array }): Uint8Array {
  return lengthPrefixed(['selvedge/v1/root share', exchange.network, exchange.channel, exchange.nonce, exchange.ownNonce]);
}
