import 'reflect-metadata';
import { createHash, generateKeyPairSync, sign, webcrypto, type KeyObject } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { toHex } from '@selvedge/crypto';
import type { SnpCollateral } from '../sev-snp/verify-report.js';
import type { SnpProduct, SnpTcb } from '../sev-snp/product.js';
import { SNP_REPORT_BYTES } from '../sev-snp/report.js';

/** AMD's chain with keys of our own, as AMD signs it: RSASSA-PSS with SHA-384 above a P-384 key. */

export const AT = new Date('2026-06-01T00:00:00Z');
const FROM = new Date('2026-05-01T00:00:00Z');
const TO = new Date('2026-07-01T00:00:00Z');
// Of 2048 bits in place of AMD's 4096: faster to make.
const RSA = { name: 'RSA-PSS', hash: 'SHA-384', publicExponent: Uint8Array.of(1, 0, 1), modulusLength: 2048, saltLength: 48 };
const ARC = '1.3.6.1.4.1.3704.1';

export interface SnpAuthority {
  readonly name: string;
  readonly der: Uint8Array;
  readonly keys: webcrypto.CryptoKeyPair;
}

async function certify(input: { name: string; publicKey: webcrypto.CryptoKey; issuer: { name: string; key: webcrypto.CryptoKey }; isCa: boolean; extensions?: x509.Extension[]; notAfter?: Date; serialNumber: string }): Promise<Uint8Array> {
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: input.serialNumber,
      subject: [{ CN: [input.name] }],
      issuer: [{ CN: [input.issuer.name] }],
      notBefore: FROM,
      notAfter: input.notAfter ?? TO,
      signingAlgorithm: RSA,
      publicKey: input.publicKey,
      signingKey: input.issuer.key,
      extensions: [new x509.BasicConstraintsExtension(input.isCa, undefined, true), ...(input.extensions ?? [])],
    },
    webcrypto,
  );
  return new Uint8Array(certificate.rawData);
}

export async function createSnpAuthority(name: string, issuer?: SnpAuthority, serialNumber = '01'): Promise<SnpAuthority> {
  const keys = await webcrypto.subtle.generateKey(RSA, true, ['sign', 'verify']);
  const der = await certify({ name, publicKey: keys.publicKey, issuer: { name: issuer?.name ?? name, key: issuer?.keys.privateKey ?? keys.privateKey }, isCa: true, serialNumber });
  return { name, der, keys };
}

export const pinOf = ({ der }: SnpAuthority): string => toHex(createHash('sha256').update(der).digest());

export async function createSnpRevocationList(issuer: SnpAuthority, serials: readonly string[], nextUpdate = TO): Promise<Uint8Array> {
  const list = await x509.X509CrlGenerator.create(
    { issuer: [{ CN: [issuer.name] }], thisUpdate: FROM, nextUpdate, entries: serials.map((serialNumber) => ({ serialNumber, revocationDate: FROM })), signingAlgorithm: RSA, signingKey: issuer.keys.privateKey },
    webcrypto,
  );
  return new Uint8Array(list.rawData);
}

export interface EndorsementKeyInput {
  readonly kind?: 'vcek' | 'vlek';
  /** As the extension has it. */
  readonly productName?: string;
  readonly tcb?: Partial<SnpTcb>;
  readonly hwId?: Uint8Array;
  readonly withoutLevel?: string;
}

export interface EndorsementKeyPair {
  readonly der: Uint8Array;
  readonly privateKey: KeyObject;
}

export const CHIP_ID = new Uint8Array(64).fill(0xc1);
export const TCB: SnpTcb = { fmc: 1, bootloader: 4, tee: 0, snp: 22, microcode: 213 };

export async function createEndorsementKey(issuer: SnpAuthority, input: EndorsementKeyInput = {}): Promise<EndorsementKeyPair> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const level = (value: number): Buffer => (value < 0x80 ? Buffer.of(2, 1, value) : Buffer.of(2, 2, 0, value));
  const extension = (suffix: string, value: Uint8Array): x509.Extension => new x509.Extension(`${ARC}.${suffix}`, false, value);
  const name = Buffer.from(input.productName ?? 'Genoa-B1');
  const tcb = { ...TCB, ...input.tcb };
  const levels = Object.entries({ '3.1': tcb.bootloader, '3.2': tcb.tee, '3.3': tcb.snp, '3.8': tcb.microcode, '3.9': tcb.fmc }).filter(([suffix]) => suffix !== input.withoutLevel);
  const identity = input.kind === 'vlek' ? extension('5', Buffer.concat([Buffer.of(0x16, 4), Buffer.from('prov')])) : extension('4', input.hwId ?? CHIP_ID);
  const extensions = [extension('1', Buffer.of(2, 1, 0)), extension('2', Buffer.concat([Buffer.of(0x16, name.length), name])), ...levels.map(([suffix, value]) => extension(suffix, level(value))), identity];
  const key = await webcrypto.subtle.importKey('spki', publicKey.export({ format: 'der', type: 'spki' }), { name: 'ECDSA', namedCurve: 'P-384' }, true, ['verify']);
  const der = await certify({ name: 'SEV-VCEK', publicKey: key, issuer: { name: issuer.name, key: issuer.keys.privateKey }, isCa: false, extensions, serialNumber: '00' });
  return { der, privateKey };
}

export interface ReportInput {
  readonly product?: SnpProduct;
  readonly signingKey?: 'vcek' | 'vlek';
  readonly tcb?: Partial<SnpTcb>;
  readonly chipId?: Uint8Array;
  readonly reportData?: Uint8Array;
}

/** A report signed as a security processor does it: scalars little-endian in 72 bytes each. */
export function createReport(privateKey: KeyObject, input: ReportInput = {}): Uint8Array {
  const report = Buffer.alloc(SNP_REPORT_BYTES);
  const tcb = { ...TCB, ...input.tcb };
  report.writeUInt32LE(5, 0);
  report.writeBigUInt64LE(0x30000n, 8);
  report.writeUInt32LE(1, 0x34);
  report.writeUInt32LE(input.signingKey === 'vlek' ? 1 << 2 : 0, 0x48);
  report.set(input.reportData ?? new Uint8Array(64), 0x50);
  report.fill(0x3e, 0x90, 0xc0);
  report.set(input.product === 'Turin' ? [tcb.fmc, tcb.bootloader, tcb.tee, tcb.snp, 0, 0, 0, tcb.microcode] : [tcb.bootloader, tcb.tee, 0, 0, 0, 0, tcb.snp, tcb.microcode], 0x180);
  report.set(input.chipId ?? CHIP_ID, 0x1a0);
  const signature = sign('sha384', report.subarray(0, 0x2a0), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  report.set(signature.subarray(0, 48).reverse(), 0x2a0);
  report.set(signature.subarray(48).reverse(), 0x2a0 + 72);
  return new Uint8Array(report);
}

export function collateralOf(key: EndorsementKeyPair, signer: SnpAuthority, root: SnpAuthority, revocationList: Uint8Array | undefined): SnpCollateral {
  return { endorsementKey: key.der, signingKey: signer.der, root: root.der, revocationList };
}


const TABLE_GUIDS = { vcek: '63da758de6644564adc5f4b93be8accd', vlek: 'a8074bc2a25a483eaae639c045a0b8a1', ask: '4ab7b379bbac4fe4a02f05aef327c782', ark: 'c0b406a4a803495297433fb6014cd0ae', unknown: '92f81bc358114d3d97ffd19f88dc67ea' };

/** The table by which a host gives its guest certificates. */
export function certificateTable(entries: readonly (readonly [keyof typeof TABLE_GUIDS, Uint8Array])[]): Uint8Array {
  let offset = (entries.length + 1) * 24;
  const heads = entries.map(([name, { length }]) => {
    const head = Buffer.alloc(24);
    head.write(TABLE_GUIDS[name], 'hex');
    head.writeUInt32LE(offset, 16);
    head.writeUInt32LE(length, 20);
    offset += length;
    return head;
  });
  return new Uint8Array(Buffer.concat([...heads, Buffer.alloc(24), ...entries.map(([, der]) => der)]));
}
