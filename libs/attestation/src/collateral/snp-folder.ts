import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { parseCertificate } from '../certificate/x509.js';
import { readEndorsementKey, type EndorsementKey } from '../sev-snp/endorsement-key.js';
import { parseCertificateTable, type HostCertificates } from '../sev-snp/certificate-table.js';
import { readSnpTcb } from '../sev-snp/product.js';
import { parseSnpReport, type SnpReport } from '../sev-snp/report.js';
import { verifySamePlatform } from '../sev-snp/verify-report.js';
import type { CollateralFiles } from './files.js';
import { readRevocationFile } from './revocation-file.js';
import { splitCertificates } from './split-certificates.js';

/**
 * The certificates of a report, and AMD's revocation list. The endorsement key may come from the host, since a provider holds VLEKs;
 * whatever comes is verified with the report.
 * Throws as CollateralSource does.
 */
export function snpCollateralOf(bytes: Uint8Array, table: Uint8Array | undefined, files: CollateralFiles, at: Date): Uint8Array[] {
  const report = parseSnpReport(bytes);
  const host = parseCertificateTable(table ?? new Uint8Array(0));
  const { der, key } = findEndorsementKey(report, host, files);
  const [signer, root] = readChain(key, host, files);
  return [der, signer, root, readRevocationFile(files, `sev-snp/${key.product}/revocation-list.crl`, at)];
}

interface Candidate {
  readonly der: Uint8Array;
  readonly key: EndorsementKey;
}

function findEndorsementKey(report: SnpReport, host: HostCertificates, files: CollateralFiles): Candidate {
  const folder = `sev-snp/${report.signingKey}`;
  const ofHost = host[report.signingKey];
  const ofFiles = files.list(folder).flatMap((name) => splitCertificates(files.read(`${folder}/${name}`) ?? new Uint8Array(0)));
  const found = [...(ofHost === undefined ? [] : [ofHost]), ...ofFiles].map(readCandidate).find((candidate) => candidate !== undefined && isOf(report, candidate.key));
  if (found !== undefined) return found;
  throw new SelvedgeError('COLLATERAL_MISSING', `${folder} has no certificate of this chip at its present TCB, nor has the host given one`, { details: { file: folder } });
}

/** undefined for what is no endorsement key of AMD's: a folder may hold more. */
function readCandidate(der: Uint8Array): Candidate | undefined {
  const certificate = parseCertificate(der);
  if (certificate === undefined) return undefined;
  try {
    return { der, key: readEndorsementKey(certificate) };
  } catch (error) {
    if (isSelvedgeError(error, 'EVIDENCE_INVALID')) return undefined;
    throw error;
  }
}

/** A chip has one VCEK for each TCB that it ever ran. */
function isOf(report: SnpReport, key: EndorsementKey): boolean {
  try {
    verifySamePlatform(report, key, readSnpTcb(key.product, report.reportedTcb));
    return true;
  } catch (error) {
    if (isSelvedgeError(error, 'COLLATERAL_MISMATCH')) return false;
    throw error;
  }
}

/** The file as AMD's service gives it: the signing key's certificate, then the root's. */
function readChain({ product, kind }: EndorsementKey, host: HostCertificates, files: CollateralFiles): [Uint8Array, Uint8Array] {
  const file = `sev-snp/${product}/${kind}-chain.pem`;
  const content = files.read(file);
  if (content === undefined && kind === 'vcek' && host.ask !== undefined && host.ark !== undefined) return [host.ask, host.ark];
  const [signer, root, ...more] = splitCertificates(content ?? files.require(file));
  if (signer === undefined || root === undefined || more.length > 0) throw new SelvedgeError('COLLATERAL_MALFORMED', `${file}: two certificates expected`, { details: { file } });
  return [signer, root];
}
