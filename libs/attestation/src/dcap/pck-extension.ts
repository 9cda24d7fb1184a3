import type { X509Certificate } from 'node:crypto';
import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { oid, readElements, TAG, type DerElement } from '../certificate/der.js';
import { extensionValue } from '../certificate/x509.js';

/** What a PCK certificate says of its platform (Intel SGX PCK Certificate and CRL Profile Specification, section 1.3.5). */
export interface PckExtension {
  /** Platform provisioning id, 16 bytes. */
  readonly ppid: Uint8Array;
  /** SVNs of the 16 components of the platform's TCB. */
  readonly sgxComponents: readonly number[];
  readonly pceSvn: number;
  /** 2 bytes. */
  readonly pceId: Uint8Array;
  /** Family, model, stepping, platform type and custom SKU: 6 bytes. */
  readonly fmspc: Uint8Array;
}

const SGX_EXTENSIONS = '1.2.840.113741.1.13.1';
const COMPONENTS = 16;

/** Throws EVIDENCE_INVALID when the certificate has no such extension of this shape: a PCK's always has. */
export function readPckExtension(certificate: X509Certificate): PckExtension {
  try {
    return read(certificate);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new SelvedgeError('EVIDENCE_INVALID', `PCK certificate: ${cause.message}`, { cause });
  }
}

function read(certificate: X509Certificate): PckExtension {
  const value = extensionValue(certificate, SGX_EXTENSIONS);
  if (value === undefined) throw new RangeError('no SGX extensions');
  const extensions = fieldsOf(only(readElements(value)));
  const tcb = fieldsOf(field(extensions, '2'));
  return {
    ppid: octets(field(extensions, '1'), 16),
    sgxComponents: Array.from({ length: COMPONENTS }, (_, i) => integer(field(tcb, `2.${String(i + 1)}`))),
    pceSvn: integer(field(tcb, '2.17')),
    pceId: octets(field(extensions, '3'), 2),
    fmspc: octets(field(extensions, '4'), 6),
  };
}

/** SEQUENCE OF SEQUENCE { id OBJECT IDENTIFIER, value } by id. */
function fieldsOf(sequence: DerElement): Map<string, DerElement> {
  if (sequence.tag !== TAG.sequence) throw new RangeError('a sequence expected');
  const fields = new Map<string, DerElement>();
  for (const entry of readElements(sequence.content)) {
    const [id, value, ...more] = readElements(entry.content);
    if (id?.tag !== TAG.oid || value === undefined || more.length > 0) throw new RangeError('SGX extension');
    if (fields.has(toHex(id.raw))) throw new RangeError('an SGX extension occurs twice');
    fields.set(toHex(id.raw), value);
  }
  return fields;
}

function field(fields: ReadonlyMap<string, DerElement>, suffix: string): DerElement {
  const value = fields.get(toHex(oid(`${SGX_EXTENSIONS}.${suffix}`)));
  if (value === undefined) throw new RangeError(`no SGX extension ${suffix}`);
  return value;
}

function only(elements: readonly DerElement[]): DerElement {
  const [element, ...more] = elements;
  if (element === undefined || more.length > 0) throw new RangeError('one element expected');
  return element;
}

function octets({ tag, content }: DerElement, length: number): Uint8Array {
  if (tag !== TAG.octetString || content.length !== length) throw new RangeError(`${String(length)} octets expected`);
  return new Uint8Array(content);
}

/** 0 to 65535. */
function integer({ tag, content }: DerElement): number {
  if (tag !== TAG.integer || content.length === 0 || content.length > 3 || (content[0] as number) >= 0x80) throw new RangeError('a small integer expected');
  return content.reduce((value, byte) => value * 256 + byte, 0);
}
