import { SelvedgeError } from '@selvedge/errors';
import type { ContractPolicy } from '@selvedge/protocol';
import type { SelvedgeJson } from './manifest.js';

/** MSP ids that follow the ledger. */
interface GateSurroundings {
  readonly businessOrganisations: readonly string[];
  readonly endorserOrganisations: readonly string[];
}

/**
 * Whose word releases the results of gated functions. Where the manifest names nobody it is the majority of all organisations
 * that follow the ledger: no single one of them, an owner least of all, can open what was not committed, and one may be down.
 * Throws MANIFEST_INVALID.
 */
export function planGate({ gatedFunctions = [], gate }: SelvedgeJson, { businessOrganisations, endorserOrganisations }: GateSurroundings): Pick<ContractPolicy, 'gateOrganisations' | 'gateQuorum'> {
  const refuse = (text: string): SelvedgeError => new SelvedgeError('MANIFEST_INVALID', `gate: ${text}`, { role: 'cli' });
  if (gatedFunctions.length === 0) {
    if (gate !== undefined) throw refuse('the contract has no gatedFunctions');
    return { gateOrganisations: [], gateQuorum: 0 };
  }
  const followers = [...new Set([...businessOrganisations, ...endorserOrganisations])].sort();
  if (gate === undefined) return { gateOrganisations: followers, gateQuorum: Math.floor(followers.length / 2) + 1 };
  const gateOrganisations = [...new Set(gate.organisations)].sort();
  const missing = gateOrganisations.filter((mspId) => !followers.includes(mspId));
  if (missing.length > 0) throw refuse(`${missing.join(', ')} must run an endorser or a business node, which say what is committed; this network has those of ${followers.join(', ')}`);
  const { quorum = gateOrganisations.length } = gate;
  if (quorum > gateOrganisations.length) throw refuse(`quorum ${String(quorum)} of ${String(gateOrganisations.length)} organisations`);
  return { gateOrganisations, gateQuorum: quorum };
}
