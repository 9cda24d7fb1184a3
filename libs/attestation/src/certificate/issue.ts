import { X509Certificate, type KeyObject } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { generateP256, suiteByName } from '@selvedge/crypto';
import { encodeMessage, TeeBindingSchema } from '@selvedge/protocol';
import { buildCertificate } from './build.js';
import { OID } from './oids.js';

const TWENTY_YEARS_MS = 20 * 365 * 24 * 3600 * 1000;

/** The key broker's root: signs TEE certificates and key commitments. */
export interface BrokerRootKeys {
  /** DER, self-signed, CA. */
  readonly certificate: Uint8Array;
  /** P-256. */
  readonly privateKey: KeyObject;
}

/** Makes a broker's root key and self-signed certificate, valid for twenty years: what ends it is the ledger. */
export function createBrokerRoot(input: { readonly network: string; readonly channel: string; readonly now: Date }): BrokerRootKeys {
  const keys = generateP256();
  const certificate = buildCertificate({
    subject: { commonName: `key broker of ${input.channel}`, organization: input.network },
    subjectPublicKeyDer: keys.publicKeyDer,
    issuer: 'self',
    issuerKey: keys.privateKey,
    notBefore: input.now,
    notAfter: new Date(input.now.getTime() + TWENTY_YEARS_MS),
    isCa: true,
  });
  return { certificate, privateKey: keys.privateKey };
}

/** What a TEE certificate is made of. */
export interface TeeCertificateInput {
  readonly rootKey: KeyObject;
  /** DER. */
  readonly rootCertificate: Uint8Array;
  /** SubjectPublicKeyInfo of the TEE's signing key: of the binding's suite. */
  readonly subjectPublicKeyDer: Uint8Array;
  readonly binding: MessageInitShape<typeof TeeBindingSchema>;
  readonly now: Date;
  readonly validityMs: number;
}

/**
 * Issues a TEE certificate: DER, with the binding in an extension of its own.
 * Rejects with UNKNOWN_SUITE, or SIGNATURE_INVALID when the subject's key is not of the binding's suite.
 */
export function issueTeeCertificate(input: TeeCertificateInput): Promise<Uint8Array> {
  return new Promise((resolve) => {
    resolve(signTeeCertificate(input));
  });
}

function signTeeCertificate(input: TeeCertificateInput): Uint8Array {
  const { network = '', role = '', nodeId = '', suite = '' } = input.binding;
  // Encoded anew: bytes of the subject's choosing must not become part of what the root signs.
  const subjectPublicKeyDer = suiteByName(suite).importPublicKey(input.subjectPublicKeyDer).export({ format: 'der', type: 'spki' });
  return buildCertificate({
    subject: { commonName: `${role} ${nodeId}`, organization: network },
    subjectPublicKeyDer,
    issuer: new X509Certificate(input.rootCertificate),
    issuerKey: input.rootKey,
    notBefore: input.now,
    notAfter: new Date(input.now.getTime() + input.validityMs),
    isCa: false,
    extensions: [{ id: OID.teeBinding, value: encodeMessage(TeeBindingSchema, input.binding) }],
  });
}
