import { createHash, generateKeyPairSync, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { toHex } from '@selvedge/crypto';
import { buildCertificate, pemOfCertificate } from '../certificate/build.js';
import { bitString, oid, positiveInteger, TAG, time, tlv } from '../certificate/der.js';
import { subjectName } from '../certificate/x509.js';

/** A platform of our own that really signs and really chains, so that one thing at a time can be wrong with its evidence. */

export const AT = new Date('2026-06-01T00:00:00Z');
const FROM = new Date('2026-05-15T00:00:00Z');
const TO = new Date('2026-06-15T00:00:00Z');
const ECDSA_SHA256 = tlv(TAG.sequence, oid('1.2.840.10045.4.3.2'));
export const QE_SIGNER = 'ab'.repeat(32);
export const FMSPC = '00906ed50000';

export interface Authority {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

const p256 = (): { publicKey: KeyObject; privateKey: KeyObject } => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const spki = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ format: 'der', type: 'spki' }));

export function createAuthority(commonName: string, issuer?: Authority, over: { isCa?: boolean; maySignLists?: boolean; pathLength?: number; extensions?: { id: string; value: Uint8Array }[]; notAfter?: Date } = {}): Authority {
  const { publicKey, privateKey } = p256();
  const der = buildCertificate({
    subject: { commonName, organization: 'Test' },
    subjectPublicKeyDer: spki(publicKey),
    issuer: issuer === undefined ? 'self' : issuer.certificate,
    issuerKey: issuer?.key ?? privateKey,
    notBefore: FROM,
    notAfter: over.notAfter ?? new Date('2036-01-01T00:00:00Z'),
    isCa: over.isCa ?? true,
    pathLength: over.pathLength ?? (issuer === undefined ? 1 : 0),
    maySignLists: over.maySignLists ?? true,
    extensions: over.extensions ?? [],
  });
  return { certificate: new X509Certificate(der), key: privateKey };
}

/** A revocation list (RFC 5280 section 5.1). */
export function createRevocationList(issuer: Authority, over: { revoked?: readonly X509Certificate[]; from?: Date; to?: Date | undefined; signer?: Authority } = {}): Uint8Array {
  const to = 'to' in over ? over.to : TO;
  const revoked = (over.revoked ?? []).map((certificate) => tlv(TAG.sequence, positiveInteger(Buffer.from(certificate.serialNumber.padStart(certificate.serialNumber.length + (certificate.serialNumber.length % 2), '0'), 'hex')), time(FROM)));
  const signed = tlv(
    TAG.sequence,
    positiveInteger(Buffer.of(1)),
    ECDSA_SHA256,
    subjectName(issuer.certificate),
    time(over.from ?? FROM),
    ...(to === undefined ? [] : [time(to)]),
    ...(revoked.length === 0 ? [] : [tlv(TAG.sequence, ...revoked)]),
    tlv(TAG.context0, tlv(TAG.sequence, tlv(TAG.sequence, oid('2.5.29.20'), tlv(TAG.octetString, positiveInteger(Buffer.of(1)))))),
  );
  return tlv(TAG.sequence, signed, ECDSA_SHA256, bitString(sign('sha256', signed, (over.signer ?? issuer).key)));
}

export interface PckInput {
  readonly fmspc?: string;
  readonly components?: readonly number[];
  readonly pceSvn?: number;
}

function pckExtension({ fmspc = FMSPC, components = Array.from({ length: 16 }, () => 5), pceSvn = 11 }: PckInput): Uint8Array {
  const id = (suffix: string): Buffer => oid(`1.2.840.113741.1.13.1.${suffix}`);
  const field = (suffix: string, value: Uint8Array): Buffer => tlv(TAG.sequence, id(suffix), value);
  const number = (value: number): Buffer => positiveInteger(Buffer.from(value.toString(16).padStart(4, '0'), 'hex'));
  const octets = (text: string): Buffer => tlv(TAG.octetString, Buffer.from(text, 'hex'));
  const tcb = tlv(TAG.sequence, ...components.map((svn, i) => field(`2.${String(i + 1)}`, number(svn))), field('2.17', number(pceSvn)), field('2.18', tlv(TAG.octetString, Buffer.from(components))));
  return tlv(TAG.sequence, field('1', octets('11'.repeat(16))), field('2', tcb), field('3', octets('0000')), field('4', octets(fmspc)), field('5', Buffer.of(0x0a, 1, 1)));
}

const root = createAuthority('Test SGX Root CA');
const pckCa = createAuthority('Test SGX PCK Platform CA', root);
const tcbSigner = createAuthority('Test SGX TCB Signing', root, { isCa: false });
export const authorities = { root, pckCa, tcbSigner };
export const TRUST = { rootSha256: [toHex(createHash('sha256').update(root.certificate.raw).digest())] };

const chain = (...certificates: readonly Authority[]): string => certificates.map(({ certificate }) => pemOfCertificate(new Uint8Array(certificate.raw))).join('');

export function createPck(input: PckInput = {}, issuer: Authority = pckCa): Authority {
  return createAuthority('Test SGX PCK Certificate', issuer, { isCa: false, extensions: [{ id: '1.2.840.113741.1.13.1', value: pckExtension(input) }] });
}

export function sgxReport(over: { attributes?: string; mrSigner?: string; isvProdId?: number; isvSvn?: number; miscSelect?: number; reportData?: Uint8Array } = {}): Buffer {
  const report = Buffer.alloc(384);
  report.fill(0x05, 0, 16);
  report.writeUInt32LE(over.miscSelect ?? 0, 16);
  report.write(over.attributes ?? '1100000000000000e700000000000000', 48, 'hex');
  report.fill(0xe1, 64, 96);
  report.write(over.mrSigner ?? QE_SIGNER, 128, 'hex');
  report.writeUInt16LE(over.isvProdId ?? 1, 256);
  report.writeUInt16LE(over.isvSvn ?? 8, 258);
  report.set(over.reportData ?? new Uint8Array(64), 320);
  return report;
}

export interface TdInput {
  readonly teeTcbSvn?: string;
  readonly mrSignerSeam?: string;
  readonly tdAttributes?: string;
  /** Makes it a body of TDX 1.5. */
  readonly mrServiceTd?: string;
  readonly teeTcbSvn2?: string;
  readonly reportData?: Uint8Array;
}

export function tdReport(over: TdInput = {}): Buffer {
  const report = Buffer.alloc(over.mrServiceTd === undefined ? 584 : 648);
  report.write(over.teeTcbSvn ?? '05010500000000000000000000000000', 0, 'hex');
  report.write(over.mrSignerSeam ?? '00'.repeat(48), 64, 'hex');
  report.write(over.tdAttributes ?? '0000001000000000', 120, 'hex');
  report.fill(0xd1, 136, 184);
  report.set(over.reportData ?? new Uint8Array(64), 520);
  if (over.mrServiceTd !== undefined) {
    report.write(over.teeTcbSvn2 ?? over.teeTcbSvn ?? '05010500000000000000000000000000', 584, 'hex');
    report.write(over.mrServiceTd, 600, 'hex');
  }
  return report;
}

export interface QuoteInput {
  readonly version?: 3 | 4 | 5;
  /** Default: an SGX enclave's. */
  readonly body?: Buffer;
  readonly bodyType?: number;
  readonly qe?: Parameters<typeof sgxReport>[0];
  readonly pck?: Authority;
  readonly pckIssuers?: readonly Authority[];
  /** Signs the quoting enclave's report instead of the PCK. */
  readonly qeSigner?: KeyObject;
  /** Signs the quote instead of the attestation key. */
  readonly quoteSigner?: KeyObject;
  readonly withoutChain?: boolean;
}

const rs = (key: KeyObject, message: Uint8Array): Buffer => sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' });
const u16 = (value: number): Buffer => Buffer.from([value & 0xff, value >> 8]);
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

export function createQuote(input: QuoteInput = {}): Uint8Array {
  const body = input.body ?? sgxReport();
  const isTd = body.length !== 384;
  const version = input.version ?? (isTd ? 4 : 3);
  const type = input.bodyType ?? (isTd ? (body.length === 584 ? 2 : 3) : 1);
  const header = Buffer.concat([u16(version), u16(2), u32(isTd ? 0x81 : 0), u32(0), Buffer.from('939a7233f79c4ca9940a0db3957f0607', 'hex'), Buffer.alloc(20)]);
  const signed = Buffer.concat([header, ...(version === 5 ? [u16(type), u32(body.length)] : []), body]);
  const attestation = p256();
  const { x = '', y = '' } = attestation.publicKey.export({ format: 'jwk' });
  const attestationKey = Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  const qeAuthData = Buffer.alloc(32, 7);
  const reportData = Buffer.concat([createHash('sha256').update(attestationKey).update(qeAuthData).digest(), Buffer.alloc(32)]);
  const qeReport = sgxReport({ isvProdId: isTd ? 2 : 1, reportData, ...input.qe });
  const pck = input.pck ?? createPck();
  const pem = Buffer.from(`${chain(pck, ...(input.pckIssuers ?? [pckCa, root]))}\0`);
  const certification = input.withoutChain === true ? [u16(1), u32(4), Buffer.alloc(4)] : [u16(5), u32(pem.length), pem];
  const qe = Buffer.concat([qeReport, rs(input.qeSigner ?? pck.key, qeReport), u16(qeAuthData.length), qeAuthData, ...certification]);
  const wrapped = version === 3 ? qe : Buffer.concat([u16(6), u32(qe.length), qe]);
  const signatureData = Buffer.concat([rs(input.quoteSigner ?? attestation.privateKey, signed), attestationKey, wrapped]);
  return new Uint8Array(Buffer.concat([signed, u32(signatureData.length), signatureData]));
}

const level = (status: string, tcb: object, advisoryIDs: readonly string[] = []): object => ({ tcb, tcbDate: '2026-01-01T00:00:00Z', tcbStatus: status, advisoryIDs });
const svns = (value: number): { svn: number }[] => Array.from({ length: 16 }, () => ({ svn: value }));
const period = { issueDate: FROM.toISOString(), nextUpdate: TO.toISOString() };
export const platformLevel = (status: string, svn: number, pcesvn = 10, tdx?: number): object =>
  level(status, { sgxtcbcomponents: svns(svn), pcesvn, ...(tdx === undefined ? {} : { tdxtcbcomponents: svns(0).map((entry, i) => (i === 2 ? { svn: tdx } : entry)) }) }, status === 'UpToDate' ? [] : ['INTEL-SA-00001']);
export const partLevel = (status: string, isvsvn: number): object => level(status, { isvsvn }, status === 'UpToDate' ? [] : ['INTEL-SA-00002']);

export const tcbInfo = (over: object = {}): object => ({
  id: 'SGX', version: 3, ...period, fmspc: FMSPC, pceId: '0000', tcbType: 0, tcbEvaluationDataNumber: 20, tcbLevels: [platformLevel('UpToDate', 5), platformLevel('OutOfDate', 3), platformLevel('Revoked', 0, 0)], ...over,
});
const seamModule = { mrsigner: '00'.repeat(48), attributes: '00'.repeat(8), attributesMask: 'FF'.repeat(8) };
export const tdxTcbInfo = (over: object = {}): object =>
  tcbInfo({
    id: 'TDX',
    tdxModule: seamModule,
    tdxModuleIdentities: [{ id: 'TDX_01', ...seamModule, tcbLevels: [partLevel('UpToDate', 4), partLevel('OutOfDate', 2)] }],
    tcbLevels: [platformLevel('UpToDate', 5, 10, 5), platformLevel('OutOfDate', 3, 5, 3)],
    ...over,
  });
export const qeIdentity = (over: object = {}): object => ({
  id: 'QE', version: 2, ...period, tcbEvaluationDataNumber: 21, miscselect: '00000000', miscselectMask: 'FFFFFFFF', attributes: '11000000000000000000000000000000', attributesMask: 'FBFFFFFFFFFFFFFF0000000000000000', mrsigner: QE_SIGNER, isvprodid: 1,
  tcbLevels: [partLevel('UpToDate', 8), partLevel('OutOfDate', 6), partLevel('Revoked', 4)],
  ...over,
});
export const tdQeIdentity = (over: object = {}): object => qeIdentity({ id: 'TD_QE', isvprodid: 2, ...over });

export interface CollateralInput {
  readonly rootCrl?: Uint8Array;
  readonly pckCrl?: Uint8Array;
  readonly tcb?: object;
  readonly qe?: object;
  readonly statementSigner?: Authority;
  readonly statementChain?: readonly Authority[];
  readonly pckChain?: readonly Authority[];
}

/** Collateral as a file has it. */
export function createCollateral(input: CollateralInput = {}): Record<string, string> {
  const signer = input.statementSigner ?? tcbSigner;
  const issuers = chain(...(input.statementChain ?? [signer, root]));
  const [tcb, qe] = [JSON.stringify(input.tcb ?? tcbInfo()), JSON.stringify(input.qe ?? qeIdentity())];
  return {
    root_ca_crl: toHex(input.rootCrl ?? createRevocationList(root)),
    pck_crl: toHex(input.pckCrl ?? createRevocationList(pckCa)),
    tcb_info: tcb,
    tcb_info_signature: toHex(rs(signer.key, Buffer.from(tcb))),
    tcb_info_issuer_chain: issuers,
    qe_identity: qe,
    qe_identity_signature: toHex(rs(signer.key, Buffer.from(qe))),
    qe_identity_issuer_chain: issuers,
    ...(input.pckChain === undefined ? {} : { pck_certificate_chain: chain(...input.pckChain) }),
  };
}
