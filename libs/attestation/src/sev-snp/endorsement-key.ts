import type { X509Certificate } from 'node:crypto';
import { SelvedgeError } from '@selvedge/errors';
import { readElements, TAG } from '../certificate/der.js';
import { extensionValue } from '../certificate/x509.js';
import type { SnpProduct, SnpTcb } from './product.js';

/** What a VCEK or VLEK certificate says (AMD 57230, VCEK certificate and KDS interface specification, section 3.1). */
export interface EndorsementKey {
  readonly kind: 'vcek' | 'vlek';
  readonly product: SnpProduct;
  readonly tcb: SnpTcb;
  /** 64 bytes, or 8 on Turin; VCEK only. */
  readonly hwId: Uint8Array | undefined;
}

const ARC = '1.3.6.1.4.1.3704.1';
const IA5_STRING = 0x16;

/** Reads AMD's extensions. Throws EVIDENCE_INVALID when one is missing or of another shape. */
export function readEndorsementKey(certificate: X509Certificate): EndorsementKey {
  try {
    const hwId = extensionValue(certificate, `${ARC}.4`);
    const cspId = extensionValue(certificate, `${ARC}.5`);
    if ((hwId === undefined) === (cspId === undefined)) throw new RangeError('either a hardware id or a provider id expected');
    const product = readProduct(certificate);
    const level = (suffix: string): number => readLevel(certificate, `${ARC}.3.${suffix}`);
    const tcb = { fmc: product === 'Turin' ? level('9') : 0, bootloader: level('1'), tee: level('2'), snp: level('3'), microcode: level('8') };
    return { kind: hwId === undefined ? 'vlek' : 'vcek', product, tcb, hwId };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new SelvedgeError('EVIDENCE_INVALID', `SEV-SNP endorsement key: ${cause.message}`, { cause });
  }
}

/** "Milan-B0" in a VCEK, "Milan" in a VLEK. */
function readProduct(certificate: X509Certificate): SnpProduct {
  const [name] = readElements(extensionValue(certificate, `${ARC}.2`) ?? new Uint8Array(0));
  const line = name?.tag === IA5_STRING ? Buffer.from(name.content).toString('latin1').split('-')[0] : undefined;
  if (line !== 'Milan' && line !== 'Genoa' && line !== 'Turin') throw new RangeError('a product that is not known');
  return line;
}

function readLevel(certificate: X509Certificate, id: string): number {
  const [level, ...more] = readElements(extensionValue(certificate, id) ?? new Uint8Array(0));
  if (level?.tag !== TAG.integer || more.length > 0 || level.content.length === 0 || level.content.length > 2 || (level.content[0] as number) >= 0x80) throw new RangeError(`security patch level ${id}`);
  const value = level.content.reduce((sum, byte) => sum * 256 + byte, 0);
  if (value > 255) throw new RangeError(`security patch level ${id}`);
  return value;
}
