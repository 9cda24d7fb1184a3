import { AT, authorities, createAuthority, createPck, createRevocationList, platformLevel, qeIdentity, tcbInfo, tdQeIdentity, tdReport, tdxTcbInfo, type CollateralInput, type QuoteInput } from './dcap-evidence.js';

const { root, pckCa, tcbSigner } = authorities;
const hours = (count: number): Date => new Date(AT.getTime() + count * 3_600_000);

/** Another vendor's, of the same names: whole in itself. */
const foreignRoot = createAuthority('Test SGX Root CA');
const foreignCa = createAuthority('Test SGX PCK Platform CA', foreignRoot);
const foreignSigner = createAuthority('Test SGX TCB Signing', foreignRoot, { isCa: false });
const selfMadeSigner = createAuthority('Test SGX TCB Signing', undefined, { isCa: false });

/** Collateral of a TDX platform. */
export const TD: CollateralInput = { tcb: tdxTcbInfo(), qe: tdQeIdentity() };

/** One thing wrong at a time: what, the quote, its collateral, the code that refuses it, and the time where that is what is wrong. */
export const FAULTS: readonly [string, QuoteInput, CollateralInput, string, Date?][] = [
  ['a revocation list with a broken signature', {}, { pckCrl: createRevocationList(pckCa, { signer: root }) }, 'COLLATERAL_CRL_INVALID'],
  ['a root’s revocation list with a broken signature', {}, { rootCrl: createRevocationList(root, { signer: pckCa }) }, 'COLLATERAL_CRL_INVALID'],
  ['a revocation list of another issuer', {}, { pckCrl: createRevocationList(root) }, 'COLLATERAL_CRL_WRONG_ISSUER'],
  ['an expired revocation list', {}, { pckCrl: createRevocationList(pckCa, { to: hours(-1) }) }, 'COLLATERAL_CRL_EXPIRED'],
  ['a revocation list of the future', {}, { pckCrl: createRevocationList(pckCa, { from: hours(1) }) }, 'COLLATERAL_CRL_EXPIRED'],
  ['a revocation list that never expires', {}, { pckCrl: createRevocationList(pckCa, { to: undefined }) }, 'COLLATERAL_MALFORMED'],
  ['no revocation list', {}, { pckCrl: new Uint8Array(0) }, 'COLLATERAL_CRL_MISSING'],
  ['no revocation list of the root', {}, { rootCrl: new Uint8Array(0) }, 'COLLATERAL_CRL_MISSING'],
  ['a revoked intermediate', {}, { rootCrl: createRevocationList(root, { revoked: [pckCa.certificate] }) }, 'EVIDENCE_REVOKED'],
  ['a revoked signer of collateral', {}, { rootCrl: createRevocationList(root, { revoked: [tcbSigner.certificate] }) }, 'EVIDENCE_REVOKED'],
  ['stale TCB info', {}, { tcb: tcbInfo({ nextUpdate: hours(-1).toISOString() }) }, 'COLLATERAL_EXPIRED'],
  ['TCB info of the future', {}, { tcb: tcbInfo({ issueDate: hours(1).toISOString() }) }, 'COLLATERAL_EXPIRED'],
  ['a stale QE identity', {}, { qe: qeIdentity({ nextUpdate: hours(-1).toISOString() }) }, 'COLLATERAL_EXPIRED'],
  ['TCB info of another platform family', {}, { tcb: tcbInfo({ fmspc: '00906ed50001' }) }, 'COLLATERAL_MISMATCH'],
  ['TCB info of another PCE', {}, { tcb: tcbInfo({ pceId: '0001' }) }, 'COLLATERAL_MISMATCH'],
  ['TCB info of the other kind of TEE', {}, { tcb: tdxTcbInfo() }, 'COLLATERAL_MISMATCH'],
  ['a swapped QE identity', {}, { qe: tdQeIdentity() }, 'QE_IDENTITY_MISMATCH'],
  ['a QE identity of the other kind by name alone', {}, { qe: qeIdentity({ id: 'TD_QE' }) }, 'QE_IDENTITY_MISMATCH'],
  ['a quoting enclave of another signer', { qe: { mrSigner: 'cd'.repeat(32) } }, {}, 'QE_IDENTITY_MISMATCH'],
  ['a quoting enclave of another product', { qe: { isvProdId: 9 } }, {}, 'QE_IDENTITY_MISMATCH'],
  ['a debuggable quoting enclave', { qe: { attributes: '1300000000000000e700000000000000' } }, { qe: qeIdentity({ attributesMask: '00'.repeat(16), attributes: '00'.repeat(16) }) }, 'QE_IDENTITY_MISMATCH'],
  ['a quoting enclave with other attributes', { qe: { attributes: '1500000000000000e700000000000000' } }, { qe: qeIdentity({ attributesMask: 'FF'.repeat(8) + '00'.repeat(8) }) }, 'QE_IDENTITY_MISMATCH'],
  ['a quoting enclave with another MISCSELECT', { qe: { miscSelect: 1 } }, {}, 'QE_IDENTITY_MISMATCH'],
  ['a quoting enclave below every level', { qe: { isvSvn: 3 } }, {}, 'TCB_LEVEL_UNKNOWN'],
  ['a revoked quoting enclave', { qe: { isvSvn: 5 } }, {}, 'TCB_REVOKED'],
  ['a platform below every level', { pck: createPck({ components: Array.from({ length: 16 }, () => 1) }) }, { tcb: tcbInfo({ tcbLevels: [platformLevel('UpToDate', 5)] }) }, 'TCB_LEVEL_UNKNOWN'],
  ['a platform whose PCE is below every level', { pck: createPck({ pceSvn: 9 }) }, { tcb: tcbInfo({ tcbLevels: [platformLevel('UpToDate', 5)] }) }, 'TCB_LEVEL_UNKNOWN'],
  ['a platform of a revoked level', { pck: createPck({ components: Array.from({ length: 16 }, () => 1) }) }, {}, 'TCB_REVOKED'],
  ['a quoting enclave’s report that the PCK did not sign', { qeSigner: tcbSigner.key }, {}, 'EVIDENCE_INVALID'],
  ['a quote that the attestation key did not sign', { quoteSigner: tcbSigner.key }, {}, 'EVIDENCE_INVALID'],
  ['an attestation key that the quoting enclave does not name', { qe: { reportData: new Uint8Array(64) } }, {}, 'EVIDENCE_INVALID'],
  ['a PCK of another authority of the same name', { pck: createPck({}, createAuthority('Test SGX PCK Platform CA', root)) }, {}, 'EVIDENCE_INVALID'],
  ['a PCK issued by a PCK', { pck: createPck({}, createPck()) }, {}, 'EVIDENCE_INVALID'],
  ['a chain of another root', { pckIssuers: [pckCa, createAuthority('Test SGX Root CA')] }, {}, 'EVIDENCE_INVALID'],
  ['a PCK certificate without SGX extensions', { pck: createAuthority('Test SGX PCK Certificate', pckCa, { isCa: false }) }, {}, 'EVIDENCE_INVALID'],
  ['an expired PCK certificate', { pck: createAuthority('Test SGX PCK Certificate', pckCa, { isCa: false, notAfter: hours(-1) }) }, {}, 'EVIDENCE_INVALID'],
  ['a platform of another vendor', { pck: createPck({}, foreignCa), pckIssuers: [foreignCa, foreignRoot] }, { rootCrl: createRevocationList(foreignRoot), pckCrl: createRevocationList(foreignCa) }, 'EVIDENCE_INVALID'],
  ['collateral of another vendor', {}, { statementSigner: foreignSigner, statementChain: [foreignSigner, foreignRoot] }, 'EVIDENCE_INVALID'],
  ['collateral whose signer the root did not certify', {}, { statementSigner: selfMadeSigner, statementChain: [selfMadeSigner, root] }, 'EVIDENCE_INVALID'],
  ['collateral whose chain ends at another root', {}, { statementChain: [tcbSigner, createAuthority('Test SGX Root CA')] }, 'EVIDENCE_INVALID'],
  ['collateral that another signed', {}, { statementSigner: pckCa, statementChain: [tcbSigner, root] }, 'COLLATERAL_SIGNATURE_INVALID'],
  ['TCB info of another shape', {}, { tcb: tcbInfo({ tcbLevels: [] }) }, 'COLLATERAL_MALFORMED'],
  ['a TDX module of another signer', { body: tdReport({ mrSignerSeam: '01'.padEnd(96, '0') }) }, TD, 'TDX_MODULE_MISMATCH'],
  ['a TDX module that the collateral does not know', { body: tdReport({ teeTcbSvn: '05090500000000000000000000000000' }) }, TD, 'COLLATERAL_MISMATCH'],
  ['a TDX module below every level', { body: tdReport({ teeTcbSvn: '01010500000000000000000000000000' }) }, TD, 'TCB_LEVEL_UNKNOWN'],
  ['a TDX platform below every level', { body: tdReport({ teeTcbSvn: '05010000000000000000000000000000' }) }, TD, 'TCB_LEVEL_UNKNOWN'],
  ['a TD on a TDX platform that was set back under it', { version: 5, body: tdReport({ mrServiceTd: '00'.repeat(48), teeTcbSvn2: '05010000000000000000000000000000' }) }, TD, 'TCB_LEVEL_UNKNOWN'],
  ['a TD that the host can interrupt by its page tables', { body: tdReport({ tdAttributes: '0000000000000000' }) }, TD, 'EVIDENCE_INVALID'],
  ['a TD with attributes of unknown meaning', { body: tdReport({ tdAttributes: '0000001001000000' }) }, TD, 'EVIDENCE_INVALID'],
  ['a TD that a service TD may move', { version: 5, body: tdReport({ mrServiceTd: '01'.padEnd(96, '0') }) }, TD, 'EVIDENCE_INVALID'],
  ['a TDX quote of version 3', { version: 3, body: tdReport() }, TD, 'EVIDENCE_MALFORMED'],
  ['a body that does not fit the TEE type', { version: 5, bodyType: 2 }, {}, 'EVIDENCE_MALFORMED'],
  ['a time before the certificates', {}, {}, 'EVIDENCE_INVALID', new Date('2026-05-01T00:00:00Z')],
];
