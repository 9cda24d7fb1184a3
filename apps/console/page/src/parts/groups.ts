import type { NodeView } from '../../../src/api.js';
import type { GroupId } from './picture-layout.js';

export const GROUP_TITLES: Readonly<Record<GroupId, string>> = {
  client: 'Client and submitter',
  'key-broker': 'Key broker · TEE',
  compute: 'Compute nodes · TEE',
  business: 'Business nodes and viewers',
  endorser: 'Endorsers',
  ordering: 'Ordering',
};

const GROUP_OF_SERVICE: Readonly<Record<string, GroupId>> = {
  submitter: 'client',
  'key-broker': 'key-broker',
  compute: 'compute',
  business: 'business',
  viewer: 'business',
  endorser: 'endorser',
  'endorsement-chaincode': 'endorser',
  peer: 'endorser',
  sequencer: 'ordering',
  orderer: 'ordering',
  'policy-chaincode': 'ordering',
};

/** The nodes of each group, in the order in which they are named. */
export function groupNodes(nodes: readonly NodeView[]): ReadonlyMap<GroupId, readonly NodeView[]> {
  const groups = new Map<GroupId, NodeView[]>();
  for (const node of nodes) {
    const id = GROUP_OF_SERVICE[node.service] ?? 'ordering';
    groups.set(id, [...(groups.get(id) ?? []), node]);
  }
  return groups;
}
