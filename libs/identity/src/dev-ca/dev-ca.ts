import { SelvedgeError } from '@selvedge/errors';
import { parseKeyPair } from '../key-pair.js';
import { createRevocationList, issueCertificate, type CaKeys, type IssueInput } from './issue.js';
import { createRoot } from './root.js';

/** An organisation's certificate authority for development networks and tests: one P-256 root. */
export interface DevCa {
  readonly mspId: string;
  /** DER. */
  readonly rootCertificate: Uint8Array;
  readonly rootCertificatePem: string;
  /** PKCS #8. */
  readonly rootKeyPem: string;
  issue(input: IssueInput): Promise<{ certificatePem: string; privateKeyPem: string }>;
  /** A DER revocation list (RFC 5280 section 5) of these certificates. @param previous list whose certificates stay revoked, DER */
  revocationList(revoked: readonly { readonly certificatePem: string }[], at: Date, previous?: Uint8Array): Promise<Uint8Array>;
}

/** Makes a CA with a fresh root, valid from an hour before `now` (default: the system's clock) for ten years. */
export async function createDevCa(mspId: string, options: { readonly now?: Date } = {}): Promise<DevCa> {
  return loadDevCa({ mspId, ...(await createRoot(mspId, `ca.${mspId}`, options.now ?? new Date())) });
}

/** Opens a CA from its stored root. Throws INVALID_CONFIGURATION when key and certificate do not fit. */
export function loadDevCa(input: { readonly mspId: string; readonly rootCertificatePem: string; readonly rootKeyPem: string }): DevCa {
  const { rootCertificatePem, rootKeyPem } = input;
  const ca = loadCaKeys(input);
  return {
    mspId: ca.mspId,
    rootCertificate: ca.root.der,
    rootCertificatePem,
    rootKeyPem,
    issue: (request) => issueCertificate(ca, request),
    revocationList: (revoked, at, previous) => createRevocationList(ca, revoked, at, previous),
  };
}

/** A stored root, ready to sign. Throws INVALID_CONFIGURATION when key and certificate do not fit. */
export function loadCaKeys(input: { readonly mspId: string; readonly rootCertificatePem: string; readonly rootKeyPem: string }): CaKeys {
  const { mspId, rootCertificatePem, rootKeyPem } = input;
  const { certificate: root, privateKey: key } = parseKeyPair({ mspId, certificatePem: rootCertificatePem, privateKeyPem: rootKeyPem });
  if (!root.isCa) throw new SelvedgeError('INVALID_CONFIGURATION', `${mspId}: the root is not a CA certificate`);
  return { mspId, root, key };
}
