import { SelvedgeError } from '@selvedge/errors';

/** Certificates that a host gives its guest beside a report, DER; nobody has looked at them. */
export type HostCertificates = Readonly<Partial<Record<'vcek' | 'vlek' | 'ask' | 'ark', Uint8Array>>>;

/** GUIDs in the order in which they are written (AMD 56421, GHCB specification, section 4.1.8.1). */
const GUIDS: ReadonlyMap<string, keyof HostCertificates> = new Map([
  ['63da758de6644564adc5f4b93be8accd', 'vcek'],
  ['a8074bc2a25a483eaae639c045a0b8a1', 'vlek'],
  ['4ab7b379bbac4fe4a02f05aef327c782', 'ask'],
  ['c0b406a4a803495297433fb6014cd0ae', 'ark'],
]);
const ENTRY_BYTES = 24;
const MAX_TABLE_BYTES = 64 * 1024;
const MAX_ENTRIES = 32;

/**
 * Parses the table that SNP_GET_EXT_REPORT and configfs-tsm's auxblob give: entries of {GUID, offset, length}, little-endian, ended
 * by one of zeros. Empty bytes are an empty table; unknown GUIDs are left out. Throws COLLATERAL_MALFORMED.
 */
export function parseCertificateTable(bytes: Uint8Array): HostCertificates {
  const malformed = (what: string): SelvedgeError => new SelvedgeError('COLLATERAL_MALFORMED', `certificates of the host: ${what}`);
  if (bytes.length === 0) return {};
  if (bytes.length > MAX_TABLE_BYTES) throw malformed(`more than ${String(MAX_TABLE_BYTES)} bytes`);
  const buffer = Buffer.from(bytes);
  const found: Partial<Record<keyof HostCertificates, Uint8Array>> = {};
  for (let at = 0; at < MAX_ENTRIES * ENTRY_BYTES; at += ENTRY_BYTES) {
    if (at + ENTRY_BYTES > buffer.length) throw malformed('the table has no end');
    const guid = buffer.toString('hex', at, at + 16);
    if (/^0+$/.test(guid)) return found;
    const [offset, length] = [buffer.readUInt32LE(at + 16), buffer.readUInt32LE(at + 20)];
    if (offset + length > buffer.length) throw malformed('an entry points behind the end');
    const name = GUIDS.get(guid);
    if (name === undefined) continue;
    if (found[name] !== undefined) throw malformed('a certificate is listed twice');
    found[name] = new Uint8Array(buffer.subarray(offset, offset + length));
  }
  throw malformed(`more than ${String(MAX_ENTRIES)} entries`);
}
