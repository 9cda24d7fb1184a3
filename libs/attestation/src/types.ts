import type { Evidence, NetworkProfile } from '@selvedge/protocol';

/** Roles that run in a TEE. */
export type TeeRole = NodeTeeRole | 'key-broker';
/** Those that receive keys from a key broker. */
export type NodeTeeRole = 'compute' | 'viewer';

/** Everything that evidence is bound to (DESIGN 9). All of it is required: binding cannot be left out. */
export interface ReportDataInput {
  readonly role: TeeRole;
  /** 32 bytes, chosen by whoever verifies. */
  readonly nonce: Uint8Array;
  /** HPKE public key of the attested party. */
  readonly ephemeralKey: Uint8Array;
  /** SubjectPublicKeyInfo (DER) of the key that the attested party signs with. */
  readonly signingKey: Uint8Array;
  /** 32 bytes. */
  readonly profileDigest: Uint8Array;
  /** 32 bytes: digest of the role's own statement. */
  readonly statementDigest: Uint8Array;
}

/** Produces Evidence (RFC 9334, section 4.1). */
export interface Attester {
  readonly teeType: string;
  createEvidence(binding: ReportDataInput): Promise<Evidence>;
}

/** What evidence says of its TEE, once verified. */
export interface Claims {
  readonly teeType: string;
  readonly measurement: Uint8Array;
  readonly platformId: Uint8Array;
  /** 64 bytes. */
  readonly reportData: Uint8Array;
  /** The TEE can be debugged, so it keeps no secret. */
  readonly debug: boolean;
  /** Its memory may be moved to another platform while it runs. */
  readonly migratable: boolean;
  /** How current the platform is; undefined where the evidence does not say (simulated). */
  readonly tcb: TcbClaims | undefined;
  /** Everything else that the evidence says, by the vendor's names: lower-case hex or decimal. */
  readonly fields: Readonly<Record<string, string>>;
}

/** How current a platform's trusted computing base is. */
export interface TcbClaims {
  /** The vendor's word; for DCAP one of TCB_STATUSES. */
  readonly status: string;
  readonly advisoryIds: readonly string[];
  /** ISO 8601; of the TCB level. */
  readonly date: string;
  /** Number of Intel's evaluation of its TCBs: later collateral has a higher one. */
  readonly evaluationDataNumber: number;
}

/** Evidence to Claims (RFC 9334, section 4.3). Does no I/O: trust material and time are arguments. */
export interface Verifier {
  readonly teeType: string;
  /** Throws EVIDENCE_MALFORMED, EVIDENCE_INVALID or EVIDENCE_UNBOUND. */
  verifyEvidence(evidence: Evidence, binding: ReportDataInput, options: { readonly at: Date }): Claims;
}

/** Claims that met the appraisal policy of a role (RFC 9334, section 8.2). */
export interface AttestationResult {
  readonly role: TeeRole;
  readonly teeType: string;
  readonly measurement: Uint8Array;
  readonly platformId: Uint8Array;
}

/** What appraisal needs of a network profile: policy's Profile is one. */
export interface AppraisalProfile {
  /** 32 bytes. */
  readonly digest: Uint8Array;
  readonly message: NetworkProfile;
}
