/** Fabric's own chaincodes, which live in the peer. */
const SYSTEM_CHAINCODES: ReadonlySet<string> = new Set(['_lifecycle', 'cscc', 'escc', 'lscc', 'qscc', 'vscc']);

/** A contract that is to be called. */
export interface CalledName {
  readonly contract: string;
  /** Empty: the caller's own. */
  readonly channel: string;
}

/**
 * Parses `name[:version][/channel]` as a Fabric peer does (core/chaincode: ParseName). The version is passed over: what
 * runs is what the channel has committed.
 */
export function parseCalledName(name: string): CalledName {
  const slash = name.indexOf('/');
  const [withVersion, channel] = slash < 0 ? [name, ''] : [name.slice(0, slash), name.slice(slash + 1)];
  const colon = withVersion.indexOf(':');
  return { contract: colon < 0 ? withVersion : withVersion.slice(0, colon), channel };
}

/** Whether a name belongs to a chaincode of the peer itself. */
export function isSystemChaincode(contract: string): boolean {
  return SYSTEM_CHAINCODES.has(contract);
}
