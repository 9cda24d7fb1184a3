import type { ContractPolicy } from '@selvedge/protocol';

/** Blocks after which the entries of an owner set end; 0n: never. All of its datasets agree (checkContractPolicy). */
export function blockToLiveOf({ datasets }: Pick<ContractPolicy, 'datasets'>, ownerSet: string): bigint {
  return datasets.find((dataset) => dataset.ownerSet === ownerSet)?.blockToLive ?? 0n;
}

/**
 * Number of the block with whose end an entry is gone, as Fabric counts (core/ledger/pvtdatapolicy: GetExpiringBlock):
 * transactions of that block still meet it. undefined: never.
 */
export function endingBlock(writtenInBlock: bigint, blockToLive: bigint): bigint | undefined {
  return blockToLive === 0n ? undefined : writtenInBlock + blockToLive + 1n;
}
