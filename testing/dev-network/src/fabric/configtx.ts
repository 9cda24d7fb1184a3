import type { FabricPlan } from './fabric-plan.js';
import { HOST } from './fabric-plan.js';

/** Name of the profile in configtx.yaml. */
export const CHANNEL_PROFILE = 'Selvedge';

const CHANNEL_CAPABILITY = 'V3_0';
const ORDERER_CAPABILITY = 'V2_0';
const APPLICATION_CAPABILITY = 'V2_5';
const MEBIBYTE = 1_048_576;
const ABSOLUTE_MAX_BYTES = 10 * MEBIBYTE;
const PREFERRED_MAX_BYTES = 2 * MEBIBYTE;
const SNAPSHOT_INTERVAL_BYTES = 16 * MEBIBYTE;

/** Where configtxgen finds certificates. */
export interface ConfigtxFiles {
  organisationMsp(mspId: string): string;
  /** The orderer's TLS certificate. */
  readonly ordererTlsCertificate: string;
}

type Policy = Readonly<{ Type: string; Rule: string }>;

const signature = (mspId: string, roles: readonly string[]): Policy => ({ Type: 'Signature', Rule: `OR(${roles.map((role) => `'${mspId}.${role}'`).join(', ')})` });
const meta = (rule: string): Policy => ({ Type: 'ImplicitMeta', Rule: rule });

/** Readers, writers and administrators of a group: any, any and a majority of its organisations. */
const groupPolicies = (): Record<string, Policy> => ({ Readers: meta('ANY Readers'), Writers: meta('ANY Writers'), Admins: meta('MAJORITY Admins') });

/**
 * configtx.yaml of a channel with one raft orderer and one peer for each organisation, for configtxgen. JSON is YAML:
 * no value needs quoting rules of its own. Roles are NodeOUs; endorsement and chaincode lifecycle need a majority of
 * the organisations.
 */
export function configtxText(plan: FabricPlan, files: ConfigtxFiles): string {
  const { orderer } = plan;
  const ordererOrganisation = {
    Name: orderer.mspId,
    ID: orderer.mspId,
    MSPDir: files.organisationMsp(orderer.mspId),
    Policies: {
      Readers: signature(orderer.mspId, ['member']),
      Writers: signature(orderer.mspId, ['member']),
      Admins: signature(orderer.mspId, ['admin']),
      Endorsement: signature(orderer.mspId, ['peer']),
    },
    OrdererEndpoints: [`${HOST}:${String(orderer.port)}`],
  };
  const organisations = plan.peers.map(({ mspId, port }) => ({
    Name: mspId,
    ID: mspId,
    MSPDir: files.organisationMsp(mspId),
    Policies: {
      Readers: signature(mspId, ['admin', 'peer', 'client']),
      Writers: signature(mspId, ['admin', 'client']),
      Admins: signature(mspId, ['admin']),
      Endorsement: signature(mspId, ['peer']),
    },
    AnchorPeers: [{ Host: HOST, Port: port }],
  }));
  const profile = {
    Policies: groupPolicies(),
    Capabilities: { [CHANNEL_CAPABILITY]: true },
    Orderer: {
      OrdererType: 'etcdraft',
      BatchTimeout: `${String(plan.batchTimeoutMs)}ms`,
      BatchSize: { MaxMessageCount: plan.maxMessageCount, AbsoluteMaxBytes: ABSOLUTE_MAX_BYTES, PreferredMaxBytes: PREFERRED_MAX_BYTES },
      Organizations: [ordererOrganisation],
      Policies: { ...groupPolicies(), BlockValidation: meta('ANY Writers') },
      Capabilities: { [ORDERER_CAPABILITY]: true },
      EtcdRaft: {
        Consenters: [{ Host: HOST, Port: orderer.port, ClientTLSCert: files.ordererTlsCertificate, ServerTLSCert: files.ordererTlsCertificate }],
        Options: { TickInterval: '100ms', ElectionTick: 10, HeartbeatTick: 1, MaxInflightBlocks: 5, SnapshotIntervalSize: SNAPSHOT_INTERVAL_BYTES },
      },
    },
    Application: {
      Organizations: organisations,
      Policies: { ...groupPolicies(), LifecycleEndorsement: meta('MAJORITY Endorsement'), Endorsement: meta('MAJORITY Endorsement') },
      Capabilities: { [APPLICATION_CAPABILITY]: true },
    },
  };
  return `${JSON.stringify({ Profiles: { [CHANNEL_PROFILE]: profile } }, undefined, 2)}\n`;
}
