/** Status of a TCB level, as Intel's collateral names it (Intel PCS API version 4, TCB Info, tcbStatus). */
export const TCB_STATUSES = ['UpToDate', 'SWHardeningNeeded', 'ConfigurationNeeded', 'ConfigurationAndSWHardeningNeeded', 'OutOfDate', 'OutOfDateConfigurationNeeded', 'Revoked'] as const;
export type TcbStatus = (typeof TCB_STATUSES)[number];

/** A matched TCB level. */
export interface MatchedLevel {
  readonly status: TcbStatus;
  readonly advisoryIds: readonly string[];
  /** Since when the level is known, from the collateral. */
  readonly date: string;
}

/**
 * The levels of a platform and of the parts that it relies on (its quoting enclave, its TDX module) as one, as Intel's quote
 * verification library converges them: a part that is out of date makes the whole so and keeps what else the others need.
 */
export function convergeTcb(platform: MatchedLevel, part: MatchedLevel): MatchedLevel {
  const advisoryIds = [...new Set([...platform.advisoryIds, ...part.advisoryIds])];
  const date = part.date < platform.date ? part.date : platform.date;
  return { status: convergeStatus(platform.status, part.status), advisoryIds, date };
}

function convergeStatus(platform: TcbStatus, part: TcbStatus): TcbStatus {
  if (platform === 'Revoked' || part === 'Revoked') return 'Revoked';
  const needsConfiguration = (status: TcbStatus): boolean => status.includes('Configuration');
  const isOutOfDate = (status: TcbStatus): boolean => status.startsWith('OutOfDate');
  const isSoftwareNeeded = (status: TcbStatus): boolean => status.includes('SWHardening');
  const configuration = needsConfiguration(platform) || needsConfiguration(part);
  if (isOutOfDate(platform) || isOutOfDate(part)) return configuration ? 'OutOfDateConfigurationNeeded' : 'OutOfDate';
  const software = isSoftwareNeeded(platform) || isSoftwareNeeded(part);
  if (configuration) return software ? 'ConfigurationAndSWHardeningNeeded' : 'ConfigurationNeeded';
  return software ? 'SWHardeningNeeded' : 'UpToDate';
}
