import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { z } from 'zod';
import type { SignedStatement } from './signed-statement.js';

/** Everything beside the quote that its verification needs, fetched earlier from Intel's provisioning certification service or a cache. */
export interface DcapCollateral {
  /** DER; empty when there is none. */
  readonly rootCaCrl: Uint8Array;
  readonly pckCrl: Uint8Array;
  readonly tcbInfo: SignedStatement;
  readonly qeIdentity: SignedStatement;
  /** Of quotes that do not carry it. */
  readonly pckChainPem: string | undefined;
}

/** Collateral as evidence carries it: what parseDcapCollateral reads. */
export function encodeDcapCollateral({ rootCaCrl, pckCrl, tcbInfo, qeIdentity, pckChainPem }: DcapCollateral): Uint8Array {
  const json = {
    root_ca_crl: toHex(rootCaCrl),
    pck_crl: toHex(pckCrl),
    tcb_info: tcbInfo.body,
    tcb_info_signature: toHex(tcbInfo.signature),
    tcb_info_issuer_chain: tcbInfo.issuerChainPem,
    qe_identity: qeIdentity.body,
    qe_identity_signature: toHex(qeIdentity.signature),
    qe_identity_issuer_chain: qeIdentity.issuerChainPem,
    ...(pckChainPem === undefined ? {} : { pck_certificate_chain: pckChainPem }),
  };
  return new Uint8Array(Buffer.from(JSON.stringify(json)));
}

const MAX_COLLATERAL_BYTES = 1024 * 1024;
const hex = z
  .string()
  .regex(/^(?:[0-9a-fA-F]{2})*$/)
  .transform((text) => new Uint8Array(Buffer.from(text, 'hex')));

/** Field names as in Intel's sgx_ql_qve_collateral_t and in the files that PCCS clients write; lists and signatures in hex. */
const schema = z.object({
  root_ca_crl: hex.default(new Uint8Array(0)),
  pck_crl: hex.default(new Uint8Array(0)),
  tcb_info: z.string(),
  tcb_info_signature: hex,
  tcb_info_issuer_chain: z.string(),
  qe_identity: z.string(),
  qe_identity_signature: hex,
  qe_identity_issuer_chain: z.string(),
  pck_certificate_chain: z.string().nullish(),
});

/** Parses collateral as JSON. Nothing is verified yet. Throws COLLATERAL_MALFORMED. */
export function parseDcapCollateral(bytes: Uint8Array): DcapCollateral {
  if (bytes.length > MAX_COLLATERAL_BYTES) throw new SelvedgeError('COLLATERAL_MALFORMED', `DCAP collateral: ${String(bytes.length)} bytes, at most ${String(MAX_COLLATERAL_BYTES)} allowed`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new SelvedgeError('COLLATERAL_MALFORMED', 'DCAP collateral: not JSON', { cause });
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new SelvedgeError('COLLATERAL_MALFORMED', `DCAP collateral: ${z.prettifyError(parsed.error)}`);
  const fields = parsed.data;
  return {
    rootCaCrl: fields.root_ca_crl,
    pckCrl: fields.pck_crl,
    tcbInfo: { body: fields.tcb_info, signature: fields.tcb_info_signature, issuerChainPem: fields.tcb_info_issuer_chain },
    qeIdentity: { body: fields.qe_identity, signature: fields.qe_identity_signature, issuerChainPem: fields.qe_identity_issuer_chain },
    pckChainPem: fields.pck_certificate_chain ?? undefined,
  };
}
