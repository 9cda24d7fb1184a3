import { toHex } from '@selvedge/crypto';
import { keyPolicyAfter, type ContractSection, type Core, type GuardWrite, type WriteEntry } from '@selvedge/protocol';

/** Which transaction made a write, and when its request was made. */
export type MadeBy = Pick<Core, 'txId' | 'timestampSeconds' | 'timestampNanos'>;

/** What the kept items of a batch leave of one contract's writes: a transaction on Fabric writes a key once. */
export interface ContractWrites {
  readonly contract: string;
  /** The last effect on each key, in the order in which keys are first written; with the policy of its own that it has from then on, if items set one. */
  readonly writes: readonly (WriteEntry & { readonly made: MadeBy })[];
  /** Guards with the last transaction that wrote each. */
  readonly guards: readonly (Pick<GuardWrite, 'ownerSet' | 'guardKey'> & { readonly txId: Uint8Array })[];
  /** Owner sets that are written, with the last transaction that wrote there. */
  readonly ownerSets: readonly { readonly ownerSet: string; readonly txId: Uint8Array }[];
  /** Of the items that touch the contract: each has a marker. */
  readonly txIds: readonly Uint8Array[];
  /** Why they cannot be one transaction's; undefined: they can. */
  readonly conflict: string | undefined;
}

/** Contracts that a batch's kept items touch, in the order in which they first do. */
export function contractsOfItems(cores: readonly Core[]): string[] {
  return [...new Set(cores.flatMap(({ sections }) => sections.map(({ contract }) => contract)))];
}

/**
 * Lays a batch's kept items over each other, in one contract. Not every row of items can be one transaction's: a purge
 * that a later write hides would purge nothing, and a key's policy that an item sets or ends would not stand for the next.
 * @param keepsPolicies whether the contract's keys may have policies of their own
 */
export function writesOfItems(cores: readonly Core[], contract: string, keepsPolicies: boolean): ContractWrites {
  const items = itemsOf(cores, contract);
  const writes = new Map<string, ContractWrites['writes'][number]>();
  const guards = new Map<string, ContractWrites['guards'][number]>();
  const ownerSets = new Map<string, ContractWrites['ownerSets'][number]>();
  const guardDatasets = new Map<string, string>();
  let conflict: string | undefined;
  for (const { core, section } of items) {
    const { txId } = core;
    const own = new Set<string>();
    for (const write of section.writes) {
      const id = placeOf(write.ownerSet, write.ledgerKey);
      const earlier = writes.get(id);
      conflict ??= own.has(id) ? 'two writes fall on one ledger key' : earlier && conflictOf(earlier, write, keepsPolicies);
      own.add(id);
      const isKept = write.effect.case === 'keep' && earlier !== undefined;
      writes.set(id, { ...write, effect: isKept ? earlier.effect : write.effect, made: isKept ? earlier.made : core });
      ownerSets.set(write.ownerSet, { ownerSet: write.ownerSet, txId });
    }
    for (const { ownerSet, dataset, guardKey } of section.guardsWritten) {
      const id = placeOf(ownerSet, guardKey);
      if ((guardDatasets.get(id) ?? dataset) !== dataset) conflict ??= 'two writes fall on one ledger key';
      guardDatasets.set(id, dataset);
      guards.set(id, { ownerSet, guardKey, txId });
    }
  }
  return { contract, writes: [...writes.values()], guards: [...guards.values()], ownerSets: [...ownerSets.values()], txIds: items.map(({ core }) => core.txId), conflict };
}

function conflictOf(earlier: WriteEntry, later: WriteEntry, keepsPolicies: boolean): string | undefined {
  // Datasets share their owner set's collection.
  if (earlier.dataset !== later.dataset) return 'two writes fall on one ledger key';
  if (earlier.effect.case === 'purge') return 'an item writes a key that an earlier one purges';
  return keepsPolicies && keyPolicyAfter(earlier) !== 'kept' ? 'an item writes a key whose own policy an earlier one changes' : undefined;
}

/** What the kept items of a batch read of one contract on the ledger: not what an earlier one wrote. */
export function ledgerReadsOfItems(cores: readonly Core[], contract: string): Pick<ContractSection, 'reads' | 'guardsRead' | 'keyPolicyReads'> {
  const written = { entries: new Set<string>(), policies: new Set<string>(), guards: new Set<string>() };
  const found: Pick<ContractSection, 'reads' | 'guardsRead' | 'keyPolicyReads'> = { reads: [], guardsRead: [], keyPolicyReads: [] };
  for (const { section } of itemsOf(cores, contract)) {
    found.reads.push(...section.reads.filter(({ ownerSet, ledgerKey }) => !written.entries.has(placeOf(ownerSet, ledgerKey))));
    found.guardsRead.push(...section.guardsRead.filter(({ ownerSet, guardKey }) => !written.guards.has(placeOf(ownerSet, guardKey))));
    found.keyPolicyReads.push(...section.keyPolicyReads.filter(({ ownerSet, ledgerKey }) => !written.policies.has(placeOf(ownerSet, ledgerKey))));
    for (const write of section.writes) {
      const id = placeOf(write.ownerSet, write.ledgerKey);
      if (write.effect.case !== 'keep') written.entries.add(id);
      if (keyPolicyAfter(write) !== 'kept') written.policies.add(id);
    }
    for (const { ownerSet, guardKey } of section.guardsWritten) written.guards.add(placeOf(ownerSet, guardKey));
  }
  return found;
}

function itemsOf(cores: readonly Core[], contract: string): readonly { readonly core: Core; readonly section: ContractSection }[] {
  return cores.flatMap((core) => core.sections.filter((section) => section.contract === contract).map((section) => ({ core, section })));
}

/** The key has a fixed length. */
function placeOf(ownerSet: string, key: Uint8Array): string {
  return `${toHex(key)}${ownerSet}`;
}
