import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder of collateral with these files, by path below it. */
export function makeFolder(files: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-collateral-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

/** The files that DCAP collateral as one piece of JSON has in a folder. */
export function dcapFiles(collateral: Readonly<Record<string, string>>, kind: 'sgx' | 'tdx', of: { readonly fmspc: string; readonly authority: 'processor' | 'platform' }): Record<string, Uint8Array | string> {
  const { root_ca_crl = '', pck_crl = '', tcb_info = '', tcb_info_signature = '', tcb_info_issuer_chain = '', qe_identity = '', qe_identity_signature = '' } = collateral;
  return {
    'dcap/root-ca.crl': Buffer.from(root_ca_crl, 'hex'),
    [`dcap/pck-${of.authority}.crl`]: Buffer.from(pck_crl, 'hex'),
    'dcap/tcb-signing-chain.pem': tcb_info_issuer_chain,
    [`dcap/${kind}/tcb-info-${of.fmspc}.json`]: `{"tcbInfo":${tcb_info},"signature":"${tcb_info_signature}"}`,
    [`dcap/${kind}/qe-identity.json`]: `{"enclaveIdentity":${qe_identity},"signature":"${qe_identity_signature}"}\n`,
  };
}
