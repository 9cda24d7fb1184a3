import type { KeyObject } from 'node:crypto';

/** Roles that an organisational unit grants, as Fabric's NodeOUs name them. */
export const NODE_ROLES = ['client', 'peer', 'admin', 'orderer'] as const;
export type NodeRole = (typeof NODE_ROLES)[number];

/** An identity whose certificate was traced to a root of its organisation. */
export interface Identity {
  readonly mspId: string;
  readonly role: NodeRole;
  readonly certificatePem: string;
  /** SHA-256 of the certificate's DER, 32 bytes. */
  readonly certificateHash: Uint8Array;
  /** In the certificate's subject; empty: it has none to go by. */
  readonly commonName: string;
  /** That the organisation's CA put into the certificate, as Fabric CA does. */
  readonly attributes: ReadonlyMap<string, string>;
  /** SerializedIdentity bytes, as they were received. */
  readonly serialized: Uint8Array;
  /** P-256. */
  readonly publicKey: KeyObject;
  /** Equal for every way of writing the same signer (see signerIdOf): count by this. Lower-case hex. */
  readonly signerId: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What one organisation is recognised by: DER certificates and DER revocation lists (field names of the wire's Organisation). */
export interface OrganisationTrust {
  readonly mspId: string;
  readonly rootCertificates: readonly Uint8Array[];
  readonly intermediateCertificates: readonly Uint8Array[];
  readonly revocationLists: readonly Uint8Array[];
  /** Lists that the ledger holds beside, DER. They may be of authorities that the profile does not know, and need not parse: see applyLedgerLists. */
  readonly ledgerRevocationLists?: readonly Uint8Array[];
}

/** An identity with its signature (shape of the wire's IdentitySignature). */
export interface SignedBy {
  /** SerializedIdentity bytes. */
  readonly identity: Uint8Array;
  /** ECDSA-SHA-256, DER, low-S. */
  readonly signature: Uint8Array;
}

/** The organisations of a network profile: recognises and checks their identities. */
export interface MspRegistry {
  /** Sorted. */
  readonly mspIds: readonly string[];
  /**
   * Checks chain, revocation lists and role; the validity period only when `at` is given.
   * Throws IDENTITY_MALFORMED, IDENTITY_UNKNOWN_MSP, IDENTITY_UNTRUSTED, IDENTITY_REVOKED (details: mspId and serial, lower-case
   * hex) or IDENTITY_EXPIRED.
   */
  verifyIdentity(serialized: Uint8Array, at?: Date): Identity;
  /**
   * Checks the identity, its role when one is given, and its signature over the message.
   * Throws what verifyIdentity throws, IDENTITY_WRONG_ROLE or SIGNATURE_INVALID.
   */
  verifySignature(signed: SignedBy, message: Uint8Array, options?: { readonly at?: Date; readonly role?: NodeRole }): Identity;
}
