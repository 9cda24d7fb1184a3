/** Why a setting of a Fabric network is risky for Selvedge. Codes are stable. */
export type DeployWarningCode =
  | 'PACKETS_MAY_BE_LOST'
  | 'PACKETS_MAY_BE_LATE'
  | 'PACKETS_EXPIRE'
  | 'PACKETS_SHOWN_TO_NON_MEMBERS'
  | 'CLIENTS_OF_NON_MEMBERS_REFUSED'
  | 'CHAINCODE_POLICY_GOVERNS_WRITES'
  | 'ENDORSEMENT_IMPOSSIBLE'
  | 'COMMIT_MAY_STALL'
  | 'BLOCK_ABOVE_GRPC_LIMIT'
  | 'TRANSACTION_ABOVE_BLOCK_LIMIT'
  | 'DISCOVERY_IS_SLOW'
  | 'POLICY_CANNOT_CHANGE'
  | 'REMOVALS_MAY_STALL'
  | 'WORLD_STATE_LEFT_BEHIND'
  | 'PEER_SETTINGS_UNSEEN';

/** A risky setting, found at deploy time. */
export interface DeployWarning {
  readonly code: DeployWarningCode;
  /** Names the setting, the risk, and what to set. */
  readonly message: string;
}
