import { createPublicKey, verify, type JsonWebKeyInput, type KeyObject } from 'node:crypto';
import { equalBytes, sha256 } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { createByteReader } from '../byte-reader.js';
import { parsePemChain, verifyIssuance, verifyNotRevoked, verifyRoot, type TrustedRoots } from './chain.js';
import type { DcapCollateral } from './collateral.js';
import { readPckExtension, type PckExtension } from './pck-extension.js';
import { matchQeIdentity, qeIdentitySchema } from './qe-identity.js';
import { parseDcapQuote, type DcapQuote } from './quote.js';
import { readSgxReportBody, type TdReportBody } from './report-body.js';
import { verifyRevocationList } from '../revocation.js';
import { verifyStatement } from './signed-statement.js';
import { matchPlatformLevel, matchTdxModule, tcbInfoSchema } from './tcb-info.js';
import { convergeTcb, type MatchedLevel } from './tcb-status.js';
import { verifyTdAttributes } from './td-attributes.js';

/** A quote whose chain, signatures and TCB were checked. */
export interface VerifiedQuote {
  readonly body: DcapQuote['body'];
  readonly pck: PckExtension;
  readonly tcb: MatchedLevel & { readonly evaluationDataNumber: number };
}

/**
 * Verifies a DCAP quote of SGX or TDX with collateral and time supplied by the caller (SGX DCAP quote verification, as Intel's
 * quote verification library does it). Debuggable enclaves pass here and are refused by appraisal; a revoked TCB never passes.
 * Throws EVIDENCE_MALFORMED, EVIDENCE_INVALID, EVIDENCE_REVOKED, COLLATERAL_*, QE_IDENTITY_MISMATCH, TDX_MODULE_MISMATCH,
 * TCB_LEVEL_UNKNOWN, TCB_REVOKED.
 */
export function verifyDcapQuote(bytes: Uint8Array, collateral: DcapCollateral, trust: TrustedRoots, at: Date): VerifiedQuote {
  const quote = parseDcapQuote(bytes);
  const pckChain = parsePemChain(quote.pckChainPem ?? collateral.pckChainPem ?? '', 'PCK certificate chain');
  const root = verifyRoot(pckChain, trust, 'PCK certificate chain');
  verifyIssuance(pckChain, at, 'PCK certificate chain');
  const [pckCertificate, pckIssuer] = pckChain as unknown as [typeof root, typeof root];
  const rootList = verifyRevocationList(collateral.rootCaCrl, root, at, 'revocation list of the root');
  const pckList = verifyRevocationList(collateral.pckCrl, pckIssuer, at, 'revocation list of PCK certificates');
  verifyNotRevoked(pckChain, [rootList, pckList], 'PCK certificate chain');
  const pck = readPckExtension(pckCertificate);
  verifyQuotingEnclave(quote, pckCertificate.publicKey);
  verifyQuoteSignature(quote);

  const context = { trust, lists: [rootList], at };
  const tcbInfo = verifyStatement(collateral.tcbInfo, tcbInfoSchema, { ...context, what: 'TCB info' });
  const qeIdentity = verifyStatement(collateral.qeIdentity, qeIdentitySchema, { ...context, what: 'QE identity' });
  const td = quote.body.kind === 'tdx' ? quote.body : undefined;
  const qeReport = readSgxReportBody(createByteReader(quote.qeReport, 'quoting enclave report'));
  const levels = td === undefined ? [matchPlatformLevel(tcbInfo, pck, undefined)] : tdxStates(td).flatMap((state) => [matchPlatformLevel(tcbInfo, pck, state), matchTdxModule(tcbInfo, state)]);
  const known = levels.filter((level) => level !== undefined);
  const tcb = known.reduce(convergeTcb, matchQeIdentity(qeIdentity, quote.body.kind, qeReport));
  if (tcb.status === 'Revoked') throw new SelvedgeError('TCB_REVOKED', 'the platform’s TCB level is revoked', { details: { advisories: tcb.advisoryIds.join(' ') } });
  if (td !== undefined) verifyTdAttributes(td);
  const evaluationDataNumber = Math.min(tcbInfo.tcbEvaluationDataNumber, qeIdentity.tcbEvaluationDataNumber);
  return { body: quote.body, pck, tcb: { ...tcb, evaluationDataNumber } };
}

/** The TCB that a TD was launched on and, from TDX 1.5 on, the one that it runs on since the module was updated under it: both must do. */
function tdxStates(td: TdReportBody): TdReportBody[] {
  return td.teeTcbSvn2 === undefined ? [td] : [td, { ...td, teeTcbSvn: td.teeTcbSvn2 }];
}

/** The PCK signed the quoting enclave's report, and the report names the attestation key. */
function verifyQuotingEnclave(quote: DcapQuote, pckKey: KeyObject): void {
  if (!isSignedBy(pckKey, quote.qeReport, quote.qeReportSignature)) throw new SelvedgeError('EVIDENCE_INVALID', 'the quoting enclave’s report: its signature does not verify');
  const { reportData } = readSgxReportBody(createByteReader(quote.qeReport, 'quoting enclave report'));
  const expected = Buffer.concat([sha256(Buffer.concat([quote.attestationKey, quote.qeAuthData])), Buffer.alloc(32)]);
  if (!equalBytes(reportData, expected)) throw new SelvedgeError('EVIDENCE_INVALID', 'the quoting enclave’s report names another attestation key');
}

function verifyQuoteSignature(quote: DcapQuote): void {
  const base64url = (half: Uint8Array): string => Buffer.from(half).toString('base64url');
  const jwk: JsonWebKeyInput['key'] = { kty: 'EC', crv: 'P-256', x: base64url(quote.attestationKey.subarray(0, 32)), y: base64url(quote.attestationKey.subarray(32)) };
  let key: KeyObject;
  try {
    key = createPublicKey({ format: 'jwk', key: jwk });
  } catch (cause) {
    throw new SelvedgeError('EVIDENCE_INVALID', 'the attestation key is no point of P-256', { cause });
  }
  if (!isSignedBy(key, quote.signed, quote.signature)) throw new SelvedgeError('EVIDENCE_INVALID', 'the quote’s signature does not verify');
}

const isSignedBy = (key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean => verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature);
