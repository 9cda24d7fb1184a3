import { equalBytes, sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { readOwnerKey, type FactReader } from '@selvedge/policy';
import { LIMITS, ownerKeyId, PacketSchema, parseMessage, StorageMode, type Core, type OwnerCopy, type WriteEntry } from '@selvedge/protocol';
import type { ContractRules } from './contract-rules.js';

/** What decides who gets copies. */
export interface CopyRules {
  readonly facts: FactReader;
  /** By contract name. */
  readonly rules: ReadonlyMap<string, ContractRules>;
}

/**
 * A value of a dataset that its owners keep in plaintext comes with one copy for each owner of its owner set, sealed to the key that the
 * ledger has of it, and no other; any other value comes with none. What a copy holds is the TEE's part; that it is of this packet follows
 * from the packet's hash, which covers it. Throws OWNER_COPY_MISMATCH, OWNER_KEY_UNKNOWN, LIMIT_EXCEEDED.
 * @param packets those of the write sets, as verifyPackets has found
 */
export function verifyOwnerCopies(cores: readonly Core[], packets: readonly Uint8Array[], { facts, rules }: CopyRules): void {
  const copies = new Map(packets.map((packet) => [toHex(sha256(packet)), parseMessage(PacketSchema, packet, LIMITS.maxPacketBytes).ownerCopies]));
  for (const core of cores) {
    for (const { contract, writes } of core.sections) {
      for (const write of writes) {
        if (write.effect.case === 'packetHash') verifyRecipients(copies.get(toHex(write.effect.value)) ?? [], recipientsOf(write, rules.get(contract)), { facts, suite: core.suite });
      }
    }
  }
}

/** MSP ids, sorted; none of a dataset that is kept in packets. */
function recipientsOf({ dataset, ownerSet }: WriteEntry, rules: ContractRules | undefined): readonly string[] {
  if (rules?.datasets.get(dataset)?.mode !== StorageMode.PLAINTEXT) return [];
  return rules.ownerSets.get(ownerSet)?.owners ?? [];
}

function verifyRecipients(copies: readonly OwnerCopy[], owners: readonly string[], { facts, suite }: { readonly facts: FactReader; readonly suite: string }): void {
  const mismatch = (what: string): SelvedgeError => new SelvedgeError('OWNER_COPY_MISMATCH', what);
  if (copies.length !== owners.length) throw mismatch(`a packet has ${String(copies.length)} copies for owners, ${String(owners.length)} expected`);
  owners.forEach((mspId, i) => {
    const copy = copies[i];
    if (copy?.mspId !== mspId) throw mismatch(`a packet has no copy for ${mspId}, which keeps the dataset in plaintext, or one for somebody else`);
    const publicKey = readOwnerKey(facts, mspId, suite);
    if (publicKey === undefined) throw new SelvedgeError('OWNER_KEY_UNKNOWN', `${mspId} keeps a dataset in plaintext and has recorded no key of suite ${suite}`);
    if (!equalBytes(copy.keyId, ownerKeyId(suite, publicKey))) throw mismatch(`the copy for ${mspId} is sealed to another key than the recorded one`);
  });
}
