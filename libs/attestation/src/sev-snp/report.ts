import { SelvedgeError } from '@selvedge/errors';

/** A parsed attestation report (AMD 56860, SEV-SNP firmware ABI, table 23). Nothing is verified yet. */
export interface SnpReport {
  readonly version: number;
  readonly guestSvn: number;
  /** Guest policy bits (table 9). */
  readonly policy: bigint;
  /** Privilege level that asked for the report; above 3: the host asked. */
  readonly vmpl: number;
  readonly platformInfo: bigint;
  readonly signingKey: 'vcek' | 'vlek';
  /** 64 bytes. */
  readonly reportData: Uint8Array;
  /** 48 bytes. */
  readonly measurement: Uint8Array;
  /** 32 bytes, set by the host at launch. */
  readonly hostData: Uint8Array;
  /** 48 bytes each. */
  readonly idKeyDigest: Uint8Array;
  readonly authorKeyDigest: Uint8Array;
  /** The platform's TCB as it vouches for it, 8 bytes as they lie. */
  readonly reportedTcb: Uint8Array;
  /** 64 bytes; zeros when masked. */
  readonly chipId: Uint8Array;
  /** Everything before the signature. */
  readonly signed: Uint8Array;
  /** r || s of P-384, big-endian, 96 bytes. */
  readonly signature: Uint8Array;
}

export const SNP_REPORT_BYTES = 1184;
const SIGNED_BYTES = 0x2a0;
const VERSIONS = { least: 2, most: 5 } as const;
const ECDSA_P384_SHA384 = 1;
const SCALAR = { stored: 72, used: 48 } as const;
/** Bit 17 of the policy is always set, bits 26 and above never. */
const POLICY = { mustBeOne: 1n << 17n, migrateMa: 1n << 18n, debug: 1n << 19n, undefinedFrom: 26n } as const;

export const isDebugGuest = (report: SnpReport): boolean => (report.policy & POLICY.debug) !== 0n;
export const isMigratableGuest = (report: SnpReport): boolean => (report.policy & POLICY.migrateMa) !== 0n;

/** Parses a report of version 2 to 5. Throws EVIDENCE_MALFORMED. */
export function parseSnpReport(bytes: Uint8Array): SnpReport {
  const malformed = (what: string): SelvedgeError => new SelvedgeError('EVIDENCE_MALFORMED', `SEV-SNP report: ${what}`);
  if (bytes.length !== SNP_REPORT_BYTES) throw malformed(`${String(bytes.length)} bytes, ${String(SNP_REPORT_BYTES)} expected`);
  const buffer = Buffer.from(bytes);
  const version = buffer.readUInt32LE(0);
  if (version < VERSIONS.least || version > VERSIONS.most) throw malformed(`version ${String(version)}, ${String(VERSIONS.least)} to ${String(VERSIONS.most)} expected`);
  if (buffer.readUInt32LE(0x34) !== ECDSA_P384_SHA384) throw malformed('not signed by ECDSA P-384 with SHA-384');
  const policy = buffer.readBigUInt64LE(0x08);
  if ((policy & POLICY.mustBeOne) === 0n || policy >> POLICY.undefinedFrom !== 0n) throw malformed('guest policy with undefined bits');
  const field = (at: number, length: number): Uint8Array => new Uint8Array(buffer.subarray(at, at + length));
  return {
    version,
    guestSvn: buffer.readUInt32LE(0x04),
    policy,
    vmpl: buffer.readUInt32LE(0x30),
    platformInfo: buffer.readBigUInt64LE(0x40),
    signingKey: readSigningKey((buffer.readUInt32LE(0x48) >> 2) & 0x7, malformed),
    reportData: field(0x50, 64),
    measurement: field(0x90, 48),
    hostData: field(0xc0, 32),
    idKeyDigest: field(0xe0, 48),
    authorKeyDigest: field(0x110, 48),
    reportedTcb: field(0x180, 8),
    chipId: field(0x1a0, 64),
    signed: field(0, SIGNED_BYTES),
    signature: Buffer.concat([readScalar(buffer, SIGNED_BYTES, malformed), readScalar(buffer, SIGNED_BYTES + SCALAR.stored, malformed)]),
  };
}

function readSigningKey(value: number, malformed: (what: string) => SelvedgeError): 'vcek' | 'vlek' {
  if (value === 0) return 'vcek';
  if (value === 1) return 'vlek';
  throw malformed('signed by neither VCEK nor VLEK');
}

/** 72 bytes little-endian, of which P-384 needs 48 (table 130). */
function readScalar(buffer: Buffer, at: number, malformed: (what: string) => SelvedgeError): Uint8Array {
  const stored = buffer.subarray(at, at + SCALAR.stored);
  if (stored.subarray(SCALAR.used).some((byte) => byte !== 0)) throw malformed('a signature scalar is too long');
  return Uint8Array.from(stored.subarray(0, SCALAR.used)).reverse();
}
