import { equalBytes, fromHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { createByteReader, type ByteReader } from '../byte-reader.js';
import { readSgxReportBody, readTdReportBody, type SgxReportBody, type TdReportBody } from './report-body.js';

/** A parsed DCAP quote. Nothing is verified yet. */
export interface DcapQuote {
  readonly version: 3 | 4 | 5;
  readonly body: SgxReportBody | TdReportBody;
  /** Header and body: what the attestation key signs. */
  readonly signed: Uint8Array;
  /** r || s, 64 bytes. */
  readonly signature: Uint8Array;
  /** x || y on P-256, 64 bytes. */
  readonly attestationKey: Uint8Array;
  /** REPORTBODY of the quoting enclave, 384 bytes. */
  readonly qeReport: Uint8Array;
  /** By the PCK, r || s, 64 bytes. */
  readonly qeReportSignature: Uint8Array;
  readonly qeAuthData: Uint8Array;
  /** PEM of the PCK certificate and its chain; undefined when the quote names its platform in another way. */
  readonly pckChainPem: Uint8Array | undefined;
}

/** Far above a genuine quote (about 5 KB). */
const MAX_QUOTE_BYTES = 32 * 1024;
const ECDSA_P256 = 2;
const TEE_TYPE = { sgx: 0x00, tdx: 0x81 } as const;
const QE_VENDOR_INTEL = fromHex('939a7233f79c4ca9940a0db3957f0607');
const CERTIFICATION = { pckChain: 5, qeReport: 6 } as const;
/** Body types of version 5 (TDX DCAP quoting library API, A.3.1). */
const BODY_TYPE = { sgx: 1, td10: 2, td15: 3 } as const;

const malformed = (what: string): SelvedgeError => new SelvedgeError('EVIDENCE_MALFORMED', `DCAP quote: ${what}`);

/**
 * Parses an SGX quote of version 3, 4 or 5 or a TDX quote of version 4 or 5 with an ECDSA P-256 attestation key (SGX DCAP quote
 * library API, appendix A; TDX DCAP quoting library API, appendix A). Bytes after the signature data are ignored, as quotes come
 * in buffers of their greatest size. Throws EVIDENCE_MALFORMED.
 */
export function parseDcapQuote(bytes: Uint8Array): DcapQuote {
  if (bytes.length > MAX_QUOTE_BYTES) throw malformed(`${String(bytes.length)} bytes, at most ${String(MAX_QUOTE_BYTES)} allowed`);
  const reader = createByteReader(bytes, 'DCAP quote');
  const version = reader.u16();
  if (version !== 3 && version !== 4 && version !== 5) throw malformed(`version ${String(version)}, 3, 4 or 5 expected`);
  if (reader.u16() !== ECDSA_P256) throw malformed('the attestation key is not of ECDSA P-256');
  const teeType = reader.u32();
  reader.bytes(4);
  if (!equalBytes(reader.bytes(16), QE_VENDOR_INTEL)) throw malformed('the quoting enclave is of another vendor than Intel');
  reader.bytes(20);
  const body = readBody(reader, version, teeType);
  const bodyEnd = bytes.length - reader.rest().length;
  const authentication = createByteReader(bytes.subarray(bodyEnd), 'DCAP quote');
  const signatureData = createByteReader(authentication.bytes(authentication.u32()), 'DCAP quote signature data');
  const fields = readAuthentication(signatureData, version);
  requireEnd(signatureData);
  return { version, body, signed: bytes.slice(0, bodyEnd), ...fields };
}

function readBody(reader: ByteReader, version: 3 | 4 | 5, teeType: number): SgxReportBody | TdReportBody {
  const type = version === 5 ? readBodyType(reader) : teeType === TEE_TYPE.sgx ? BODY_TYPE.sgx : BODY_TYPE.td10;
  if (teeType !== (type === BODY_TYPE.sgx ? TEE_TYPE.sgx : TEE_TYPE.tdx)) throw malformed('TEE type and body do not fit');
  if (type === BODY_TYPE.sgx) return readSgxReportBody(reader);
  if (version === 3) throw malformed('a TDX quote of version 3');
  return readTdReportBody(reader, type === BODY_TYPE.td10 ? 'TDX 1.0' : 'TDX 1.5');
}

function readBodyType(reader: ByteReader): number {
  const type = reader.u16();
  // The body's size: implied by its type, and part of what is signed.
  reader.u32();
  if (type !== BODY_TYPE.sgx && type !== BODY_TYPE.td10 && type !== BODY_TYPE.td15) throw malformed(`body of type ${String(type)}`);
  return type;
}

type Authentication = Omit<DcapQuote, 'version' | 'body' | 'signed'>;

/** Versions 4 and 5 wrap what version 3 has in certification data of type 6. */
function readAuthentication(reader: ByteReader, version: 3 | 4 | 5): Authentication {
  const signature = reader.bytes(64);
  const attestationKey = reader.bytes(64);
  const qe = version === 3 ? reader : createByteReader(readCertification(reader, CERTIFICATION.qeReport), 'DCAP quoting enclave report');
  const qeReport = qe.bytes(384);
  const qeReportSignature = qe.bytes(64);
  const qeAuthData = qe.bytes(qe.u16());
  const type = qe.u16();
  const data = qe.bytes(qe.u32());
  requireEnd(qe);
  return { signature, attestationKey, qeReport, qeReportSignature, qeAuthData, pckChainPem: type === CERTIFICATION.pckChain ? data : undefined };
}

function requireEnd(reader: ByteReader): void {
  if (reader.rest().length > 0) throw malformed('bytes behind its signature data');
}

function readCertification(reader: ByteReader, expected: number): Uint8Array {
  const type = reader.u16();
  if (type !== expected) throw malformed(`certification data of type ${String(type)}, ${String(expected)} expected`);
  return reader.bytes(reader.u32());
}
