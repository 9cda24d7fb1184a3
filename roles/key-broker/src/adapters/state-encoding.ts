import { createPrivateKey } from 'node:crypto';
import type { BrokerState } from '../ports.js';

/** The state as it is encrypted: JSON with base64 for bytes. */
interface StoredState {
  readonly version: 1;
  readonly network: string;
  readonly channel: string;
  readonly rootSecret: string;
  readonly rootKey: string;
  readonly rootCertificate: string;
  readonly rootBirth: string;
  readonly recognised: boolean;
  readonly auditCount: number;
  readonly auditHash: string;
}

const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const decode = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

export function encodeState(state: BrokerState): Uint8Array {
  const stored: StoredState = {
    version: 1,
    network: state.network,
    channel: state.channel,
    rootSecret: encode(state.rootSecret),
    rootKey: encode(state.rootKey.export({ format: 'der', type: 'pkcs8' })),
    rootCertificate: encode(state.rootCertificate),
    rootBirth: encode(state.rootBirth),
    recognised: state.recognised,
    auditCount: state.auditAnchor.count,
    auditHash: encode(state.auditAnchor.hash),
  };
  return Buffer.from(JSON.stringify(stored));
}

/** Decodes what was decrypted and so is the broker's own. Throws when it is of another version. */
export function decodeState(bytes: Uint8Array): BrokerState {
  const stored = JSON.parse(Buffer.from(bytes).toString('utf8')) as StoredState | { readonly version: unknown };
  if (stored.version !== 1) throw new RangeError('state of another version');
  const { network, channel, rootSecret, rootKey, rootCertificate, rootBirth, recognised, auditCount, auditHash } = stored as StoredState;
  return {
    network,
    channel,
    rootSecret: decode(rootSecret),
    rootKey: createPrivateKey({ key: Buffer.from(rootKey, 'base64'), format: 'der', type: 'pkcs8' }),
    rootCertificate: decode(rootCertificate),
    rootBirth: decode(rootBirth),
    recognised,
    auditAnchor: { count: auditCount, hash: decode(auditHash) },
  };
}
