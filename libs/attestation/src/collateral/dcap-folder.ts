import type { X509Certificate } from 'node:crypto';
import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { parsePemChain } from '../dcap/chain.js';
import { encodeDcapCollateral } from '../dcap/collateral.js';
import { readPckExtension } from '../dcap/pck-extension.js';
import { parseDcapQuote } from '../dcap/quote.js';
import type { DcapTeeType } from '../dcap/verifier.js';
import type { CollateralFiles } from './files.js';
import { readRevocationFile } from './revocation-file.js';
import { readPcsAnswer } from './pcs-answer.js';

/** The collateral of a quote's platform out of a folder. Throws as CollateralSource does. */
export function dcapCollateralOf(teeType: DcapTeeType, quote: Uint8Array, files: CollateralFiles, at: Date): Uint8Array {
  const { pckChainPem } = parseDcapQuote(quote);
  const ownChain = pckChainPem === undefined ? Buffer.from(files.require('dcap/pck-chain.pem')).toString('latin1') : undefined;
  const [pck, issuer] = parsePemChain(pckChainPem ?? ownChain ?? '', 'PCK certificate chain') as unknown as [X509Certificate, X509Certificate];
  const issuerChainPem = Buffer.from(files.require('dcap/tcb-signing-chain.pem')).toString('latin1');
  const statement = (file: string, field: string) => ({ ...readPcsAnswer(files.require(file), { file, field, at }), issuerChainPem });
  return encodeDcapCollateral({
    rootCaCrl: readRevocationFile(files, 'dcap/root-ca.crl', at),
    pckCrl: readRevocationFile(files, `dcap/pck-${kindOfAuthority(issuer)}.crl`, at),
    tcbInfo: statement(`dcap/${teeType}/tcb-info-${toHex(readPckExtension(pck).fmspc)}.json`, 'tcbInfo'),
    qeIdentity: statement(`dcap/${teeType}/qe-identity.json`, 'enclaveIdentity'),
    pckChainPem: ownChain,
  });
}

/** Intel has two authorities of PCK certificates, each with a list of its own. */
function kindOfAuthority(issuer: X509Certificate): 'processor' | 'platform' {
  if (/^CN=.*\bProcessor CA$/m.test(issuer.subject)) return 'processor';
  if (/^CN=.*\bPlatform CA$/m.test(issuer.subject)) return 'platform';
  throw new SelvedgeError('EVIDENCE_MALFORMED', 'PCK certificate chain: its issuer is neither the Processor CA nor the Platform CA');
}
