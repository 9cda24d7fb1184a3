import { lengthPrefixed } from '@selvedge/crypto';
import { statementDigest } from '@selvedge/protocol';

/** What a node says of itself when it asks for keys; the operator's MSP id is the one in its signature. */
export interface NodeStatement {
  readonly network: string;
  readonly channel: string;
  readonly nodeId: string;
  readonly suite: string;
  readonly operatorMspId: string;
}

/** Digest of a node's statement, for its report data (DESIGN 9). 32 bytes. */
export function nodeStatementDigest(statement: NodeStatement): Uint8Array {
  const { network, channel, nodeId, suite, operatorMspId } = statement;
  return statementDigest(lengthPrefixed(['selvedge/v1/node statement', network, channel, nodeId, suite, operatorMspId]));
}

/** HPKE info of a key release: ties the sealed keys to one exchange, node, network and channel. */
export function keyReleaseInfo(exchange: { readonly nonce: Uint8Array; readonly nodeId: string; readonly network: string; readonly channel: string }): Uint8Array {
  return lengthPrefixed(['selvedge/v1/key release', exchange.nonce, exchange.nodeId, exchange.network, exchange.channel]);
}

/** Associated data of a key release: ties the certificate and its issuer to the sealed keys. */
export function keyReleaseAad(certificate: Uint8Array, issuer: Uint8Array): Uint8Array {
  return lengthPrefixed(['selvedge/v1/key release certificate', certificate, issuer]);
}
