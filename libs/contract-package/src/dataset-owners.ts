import { SelvedgeError } from '@selvedge/errors';
import type { ContractPolicy } from '@selvedge/protocol';

/** Where a dataset's data shall lie. */
export interface DatasetPlan {
  /** '' is the world state. */
  readonly dataset: string;
  /** Sorted. */
  readonly owners: readonly string[];
  readonly endorsementPolicy: string;
  /** 0n: its entries never end. */
  readonly blockToLive: bigint;
  /** Takes an owner set to itself: what nobody declared shall not bind what is declared. */
  readonly isSeparate?: boolean;
}

interface PlacedOwnerSet {
  readonly name: string;
  readonly owners: string[];
  readonly endorsementPolicy: string;
}

/**
 * Puts datasets into owner sets: one for all with the same owners, policy and life. A dataset that the previous policy knows
 * keeps its owner set, because its data lies there; that set's owners and policy may change, for all of its datasets
 * alike. Throws MANIFEST_INVALID when they would no longer be the same.
 */
export function placeDatasets(plans: readonly DatasetPlan[], previous: ContractPolicy | undefined): { readonly ownerSets: PlacedOwnerSet[]; readonly ownerSetOf: (dataset: string) => string } {
  const present = new Map((previous?.datasets ?? []).map(({ name, ownerSet }) => [name, ownerSet]));
  const ownerSets = new Map<string, PlacedOwnerSet>();
  const lives = new Map<string, bigint>();
  const separate = new Set<string>();
  const isSame = (set: PlacedOwnerSet, plan: DatasetPlan): boolean => isSameOwners(set, plan) && lives.get(set.name) === plan.blockToLive;
  const placed = new Map<string, string>();
  const put = (plan: DatasetPlan, name: string): void => {
    if (!ownerSets.has(name)) ownerSets.set(name, { name, owners: [...plan.owners], endorsementPolicy: plan.endorsementPolicy });
    lives.set(name, plan.blockToLive);
    if (plan.isSeparate === true) separate.add(name);
    placed.set(plan.dataset, name);
  };
  for (const plan of plans) {
    const name = present.get(plan.dataset);
    if (name === undefined) continue;
    const known = ownerSets.get(name);
    if (known !== undefined && !isSame(known, plan)) {
      throw new SelvedgeError('MANIFEST_INVALID', `collection ${plan.dataset}: it shares owner set ${name} with other data and cannot have other owners, another endorsement policy or blockToLive than that; use a new collection`, { role: 'cli' });
    }
    put(plan, name);
  }
  const taken = new Set((previous?.ownerSets ?? []).map(({ name }) => name));
  for (const plan of plans) {
    if (present.has(plan.dataset)) continue;
    const same = plan.isSeparate === true ? undefined : [...ownerSets.values()].find((set) => !separate.has(set.name) && isSame(set, plan));
    put(plan, same?.name ?? freeName(ownerSetNameOf(plan.dataset), taken, ownerSets));
  }
  return { ownerSets: [...ownerSets.values()], ownerSetOf: (dataset) => placed.get(dataset) as string };
}

function isSameOwners(set: PlacedOwnerSet, { owners, endorsementPolicy }: DatasetPlan): boolean {
  return set.endorsementPolicy === endorsementPolicy && set.owners.join() === owners.join();
}

/** Owner sets name Fabric collections under a prefix: letters, digits, _ and - only, a letter or digit first. */
function ownerSetNameOf(dataset: string): string {
  if (dataset === '') return 'world-state';
  return dataset.replaceAll('.', '-').replace(/^[_-]+/, '') || 'collection';
}

/** A name that no owner set has or had: old data lies under old names. */
function freeName(wanted: string, taken: ReadonlySet<string>, sets: ReadonlyMap<string, PlacedOwnerSet>): string {
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? wanted : `${wanted}-${String(n)}`;
    if (!taken.has(name) && !sets.has(name)) return name;
  }
}
