import type { ContractFacts, DoctorLimits, LedgerFacts, NodeFacts, ProfileFacts } from './facts.js';
import { errorOf, warningOf, type Finding } from './findings.js';

/** Services whose evidence carries the digest of their own profile: another one than the ledger's is refused. */
const IN_TEE: ReadonlySet<string> = new Set(['compute', 'key-broker', 'viewer']);

/** Nodes that are further behind the highest than may be. */
export function checkLag(nodes: readonly NodeFacts[], { maxLagBlocks }: Pick<DoctorLimits, 'maxLagBlocks'>): Finding[] {
  const heights = nodes.flatMap(({ height }) => (height === undefined ? [] : [height]));
  const highest = heights.reduce((a, b) => (a > b ? a : b), 0n);
  return nodes.flatMap(({ name, height }) => {
    if (height === undefined || highest - height <= maxLagBlocks) return [];
    return [errorOf('FOLLOWER_LAGS', name, `it has ${String(height)} of ${String(highest)} blocks`)];
  });
}

/**
 * Profiles that are not the one in force. One outside a TEE may be pinned to an earlier version: it follows the ledger from there.
 * @param folder what clients go by
 */
export function checkProfiles(nodes: readonly NodeFacts[], folder: ProfileFacts, { profile: inForce }: LedgerFacts): Finding[] {
  if (inForce === undefined) return [];
  const differs = (subject: string, { version, digest }: ProfileFacts, isPinAllowed: boolean): Finding[] => {
    if (digest === inForce.digest || (isPinAllowed && version < inForce.version)) return [];
    return [errorOf('PROFILE_MISMATCH', subject, `its network profile is version ${String(version)}, ${digest.slice(0, 16)}…; the ledger’s is version ${String(inForce.version)}, ${inForce.digest.slice(0, 16)}…`)];
  };
  return [...differs('this folder', folder, false), ...nodes.flatMap(({ name, service, profile }) => (profile === undefined ? [] : differs(name, profile, !IN_TEE.has(service))))];
}

/** Organisations that a contract counts on, and that have no business node. @param present organisations with a business node */
export function checkMembers(contracts: readonly ContractFacts[], present: readonly string[]): Finding[] {
  return contracts.flatMap(({ name, owners, members }) => {
    const isMissing = ({ mspId }: { readonly mspId: string }): boolean => !present.includes(mspId);
    const owned = owners.filter(isMissing);
    return [
      ...owned.map(({ mspId, ownerSet }) => errorOf('MEMBER_MISSING', mspId, `it keeps ${ownerSet} of contract ${name}, and the connection profile has no business node of it`)),
      ...members
        .filter((member) => isMissing(member) && !owned.some(({ mspId }) => mspId === member.mspId))
        .map(({ mspId, dataset }) => warningOf('MEMBER_WITHOUT_NODE', mspId, `the policy of collection ${dataset} of contract ${name} names it, and it has no business node that could keep the data`)),
    ];
  });
}

/** Compute nodes that cannot run a contract's approved code: it is not there, or what lies under its hash is other code. */
export function checkCode(nodes: readonly NodeFacts[], contracts: readonly ContractFacts[]): Finding[] {
  return nodes.flatMap(({ name: node, packages, deniedContracts = [] }) =>
    packages === undefined
      ? []
      : contracts
          .filter(({ name }) => !deniedContracts.includes(name))
          .flatMap(({ name, codeHash }) => {
            const held = packages.find((candidate) => candidate.codeHash === codeHash);
            if (held?.verified === true) return [];
            const what = held === undefined ? `it has no package of the approved code ${codeHash}` : `it has not verified what lies there as the approved code ${codeHash}`;
            return [errorOf('CODE_HASH_MISMATCH', node, `contract ${name}: ${what}`)];
          }),
  );
}
