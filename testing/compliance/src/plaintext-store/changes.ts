import type { PlaintextChange } from '@selvedge/business';
import { labelledHash, sha256, toHex } from '@selvedge/crypto';

/** What makes a change; the rest follows from it. */
export interface ChangeInit {
  readonly contract?: string;
  readonly dataset?: string;
  readonly key: string;
  /** undefined: deleted. */
  readonly value?: Uint8Array | string | undefined;
  readonly salt?: string;
}

export function createChange({ contract = 'gems', dataset = 'auroraStones', key, value, salt = '' }: ChangeInit): PlaintextChange {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  const packetHash = labelledHash('test packet', contract, dataset, key, salt, bytes ?? 'deleted');
  return {
    contract,
    dataset,
    ledgerKey: ledgerKeyOf(contract, dataset, key),
    key,
    value: bytes,
    packetHeader: Buffer.concat([Buffer.of(0, 255), sha256(packetHash)]),
    packetHash,
    txId: toHex(sha256(Buffer.concat([packetHash, Buffer.of(1)]))),
  };
}

export function ledgerKeyOf(contract: string, dataset: string, key: string): Uint8Array {
  return labelledHash('test ledger key', contract, dataset, key);
}
