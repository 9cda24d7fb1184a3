import { SelvedgeError, type RefusalCode } from '@selvedge/errors';

/** Kinds of PEM block that are read. */
export type PemLabel = 'CERTIFICATE' | 'X509 CRL';

const BODY = '((?:[A-Za-z0-9+/]{1,76}={0,2}\\r?\\n)+)';
const SINGLE: Record<PemLabel, RegExp> = {
  CERTIFICATE: new RegExp(`^-----BEGIN CERTIFICATE-----\\r?\\n${BODY}-----END CERTIFICATE-----\\s*$`),
  'X509 CRL': new RegExp(`^-----BEGIN X509 CRL-----\\r?\\n${BODY}-----END X509 CRL-----\\s*$`),
};

/** DER of PEM that holds exactly one block of this label and nothing else (RFC 7468 section 2). Throws the given code. */
export function parsePem(pem: Uint8Array | string, label: PemLabel, code: RefusalCode): Uint8Array {
  const text = typeof pem === 'string' ? pem : Buffer.from(pem.buffer, pem.byteOffset, pem.byteLength).toString('latin1');
  const body = SINGLE[label].exec(text)?.[1]?.replace(/\s/g, '');
  if (body === undefined) throw new SelvedgeError(code, `not exactly one PEM block of ${label}`);
  const der = Buffer.from(body, 'base64');
  if (der.toString('base64') !== body) throw new SelvedgeError(code, `PEM of ${label} is not canonical base64`);
  return new Uint8Array(der);
}

/** PEM with lines of 64 characters (RFC 7468 section 2). */
export function toPem(der: Uint8Array, label: PemLabel): string {
  const lines = Buffer.from(der).toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
