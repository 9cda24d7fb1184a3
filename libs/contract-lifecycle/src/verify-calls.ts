import { SelvedgeError } from '@selvedge/errors';
import { endorsingSets, setsThatRunAll } from '@selvedge/fabric';
import { endorsementPoliciesOf, endorsersOf, facts, leastFloor, mayAdmit, namedNodes, parseContractPolicy } from '@selvedge/policy';
import type { ContractPolicy } from '@selvedge/protocol';
import type { PresentPolicy } from './ports.js';

/**
 * Checks a contract against each one that its manifest says it calls: whatever would keep every call from being run or
 * endorsed is refused before anybody approves. Throws CALLED_CONTRACT_UNKNOWN, UNKNOWN_SUITE, MANIFEST_INVALID where
 * too few compute nodes may run both for the quorums of the contracts or the floors of the profile, and on Fabric CALLED_ENDORSERS_DIFFER.
 */
export function verifyCalls(policy: ContractPolicy, calls: readonly string[], ledger: { readonly present: PresentPolicy; readonly isOnFabric: boolean }): void {
  for (const name of calls) {
    const fact = ledger.present.fact(facts.contract(name));
    if (fact === undefined) throw new SelvedgeError('CALLED_CONTRACT_UNKNOWN', `selvedge.json: calls: contract ${name} is not on the ledger`, { role: 'cli' });
    verifyCall(policy, parseContractPolicy(fact), ledger);
  }
}

function verifyCall(caller: ContractPolicy, called: ContractPolicy, { present, isOnFabric }: { readonly present: PresentPolicy; readonly isOnFabric: boolean }): void {
  if (called.suite !== caller.suite) throw new SelvedgeError('UNKNOWN_SUITE', `selvedge.json: calls: contract ${called.name} uses suite ${called.suite}, ${caller.name} uses ${caller.suite}; one transaction has one suite`, { role: 'cli' });
  verifySharedNodes(caller, called, leastFloor(present.profile.message));
  if (!isOnFabric) return;
  const sets = endorsingSets([caller, called].flatMap(endorsementPoliciesOf));
  setsThatRunAll(sets, [caller, called].map((contract) => ({ name: contract.name, endorsers: endorsersOf(contract) })));
}

/** Only where rules of one of them name its nodes can it be told how many run both. @param floor nodes that the network profile asks for, whatever their TEEs */
function verifySharedNodes(caller: ContractPolicy, called: ContractPolicy, floor: number): void {
  const [named, other] = namedNodes(caller) === undefined ? [namedNodes(called), caller] : [namedNodes(caller), called];
  if (named === undefined) return;
  const shared = named.filter((node) => mayAdmit(other, node));
  const needed = Math.max(floor, caller.computeQuorum, called.computeQuorum);
  if (shared.length >= needed) return;
  throw new SelvedgeError('MANIFEST_INVALID', `selvedge.json: calls: key access rules let ${String(shared.length)} compute nodes run both ${caller.name} and ${called.name}, ${String(needed)} must run a call`, { role: 'cli' });
}
