import type { LedgerFacts, NodeFacts, ProfileFacts } from './facts.js';
import { errorOf, warningOf, type Finding } from './findings.js';

const KEY_BROKER = 'key-broker';

/** Nodes that do not answer; of the key broker's replicas one is enough. */
export function checkReach(nodes: readonly NodeFacts[]): Finding[] {
  const isBrokerThere = nodes.some(({ service, refusal }) => service === KEY_BROKER && refusal === undefined);
  return nodes.flatMap(({ name, service, address, refusal }) => {
    if (refusal === undefined) return [];
    const text = `${address} does not answer: ${refusal}`;
    if (service !== KEY_BROKER) return [errorOf('NODE_UNREACHABLE', name, text)];
    return [(isBrokerThere ? warningOf : errorOf)('BROKER_UNREACHABLE', name, text)];
  });
}

/** Nodes that say of themselves that they should not be sent work. */
export function checkReadiness(nodes: readonly NodeFacts[]): Finding[] {
  return nodes.flatMap(({ name, unmet }) => unmet.map(({ check, reason }) => errorOf(reason === 'PROFILE_MISMATCH' ? 'PROFILE_MISMATCH' : 'NODE_NOT_READY', name, `${check}: ${reason}`)));
}

/** Nodes that the ledger revokes, by their id or their measurement. */
export function checkRevocations(nodes: readonly NodeFacts[], { revokedNodes, revokedMeasurements }: LedgerFacts): Finding[] {
  return nodes.flatMap(({ name, teeType, measurement }) => {
    if (teeType === undefined) return [];
    if (revokedNodes.includes(name)) return [errorOf('NODE_REVOKED', name, 'the ledger revokes this node')];
    if (measurement !== undefined && revokedMeasurements.includes(measurement)) return [errorOf('NODE_REVOKED', name, `the ledger revokes its measurement ${measurement}`)];
    return [];
  });
}

/** Simulated TEEs in a network whose profile allows none. @param profile the one in force */
export function checkTees(nodes: readonly NodeFacts[], profile: ProfileFacts): Finding[] {
  if (profile.allowSimulated) return [];
  return nodes.filter(({ teeType }) => teeType === 'simulated').map(({ name }) => errorOf('SIMULATED_TEE', name, `its TEE is simulated, and version ${String(profile.version)} of the network profile allows none`));
}
