import { randomBytes } from 'node:crypto';
import { membershipGuardKey } from '@selvedge/protocol';
import { createNameKeys, objectTypeOf, sealPacket, type OwnerCopyRecipient } from '@selvedge/sealed-objects';
import type { NetworkParts } from './test-network.js';

/** A later name key of the contract. epoch: 2 or above. */
export interface TestNames {
  readonly epoch: bigint;
  /** 32 bytes. */
  readonly nameKey: Uint8Array;
}

/** A stored entry as an earlier transaction left it. */
export function sealTestPacket(
  net: NetworkParts,
  entry: { readonly dataset?: string; readonly key: string; readonly value: string; readonly keyEpoch?: bigint; readonly reEncrypted?: boolean; readonly channel?: string; readonly contract?: string; readonly names?: TestNames; readonly recipients?: readonly OwnerCopyRecipient[] },
): { bytes: Uint8Array; hash: Uint8Array; ledgerKey: Uint8Array } {
  const { dataset = '', key, value } = entry;
  const { ledgerKey, datasetTag } = placeOf(net, dataset, key, entry.names);
  const header = {
    keyEpoch: entry.keyEpoch ?? 1n,
    channel: entry.channel ?? net.channel,
    contract: entry.contract ?? net.contract,
    dataset,
    datasetTag,
    ledgerKey,
    txId: randomBytes(32),
    readSetDigest: new Uint8Array(32),
    reEncrypted: entry.reEncrypted ?? false,
    nameKeyEpoch: entry.names?.epoch ?? 0n,
  };
  return { ...sealPacket({ suite: net.contractPolicy.suite, dataKey: net.contractKeys.dataKey, header, key, value: Buffer.from(value), recipients: entry.recipients ?? [] }), ledgerKey };
}

/** Ledger key, tag and membership guard of a key, under the contract’s first name key unless another is given. */
export function placeOf(net: NetworkParts, dataset: string, key: string, later?: TestNames): { ledgerKey: Uint8Array; datasetTag: Uint8Array; membershipGuard: Uint8Array } {
  const names = createNameKeys(net.contractPolicy.suite, later?.nameKey ?? net.contractKeys.nameKey);
  const datasetTag = names.datasetTag(dataset, objectTypeOf(key));
  return { ledgerKey: names.ledgerKey(dataset, key), datasetTag, membershipGuard: membershipGuardKey(datasetTag) };
}
