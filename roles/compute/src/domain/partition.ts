import { SelvedgeError } from '@selvedge/errors';
import { isReduceFunction, partitionedFunction } from '@selvedge/policy';
import { RequestKind, type ContractPolicy, type PartitionedFunction, type PartitionPlace, type RequestBody } from '@selvedge/protocol';

const NO_FUNCTION = new Uint8Array(0);

/** What a request has to do with parts (DESIGN 7, partition): it makes one, or it goes over all of them. */
export type Partition =
  | { readonly kind: 'map'; readonly rule: PartitionedFunction; readonly place: PartitionPlace }
  | { readonly kind: 'reduce'; readonly rule: PartitionedFunction };

/**
 * undefined: nothing. Throws PARTITION_UNKNOWN for a function that the policy does not name, PARTS_REQUIRED for a call of a reduce
 * by itself: what its caller gave it would pass for what compute nodes have mapped.
 */
export function partitionOf({ kind, args: [functionName = NO_FUNCTION], partition: place, parts }: Pick<RequestBody, 'kind' | 'args' | 'partition' | 'parts'>, policy: ContractPolicy): Partition | undefined {
  const rule = partitionedFunction(policy, functionName);
  if (place !== undefined || parts.length > 0) {
    if (rule === undefined) throw new SelvedgeError('PARTITION_UNKNOWN', `the policy of contract ${policy.name} has no map and reduce for this function`);
    return place === undefined ? { kind: 'reduce', rule } : { kind: 'map', rule, place };
  }
  if (kind === RequestKind.SUBMIT || kind === RequestKind.EVALUATE) verifyTakesNoParts(policy, functionName);
  return undefined;
}

/** Throws PARTS_REQUIRED for a function that takes parts. */
export function verifyTakesNoParts(policy: ContractPolicy, functionName: Uint8Array = NO_FUNCTION): void {
  if (isReduceFunction(policy, functionName)) throw new SelvedgeError('PARTS_REQUIRED', `a function of contract ${policy.name} that takes parts was called without them`);
}

/**
 * Arguments that the chaincode gets. A map has those of the request; a reduce has after them one more, a JSON array with the
 * arguments and the result of each map, in order.
 */
export function chaincodeArguments(args: readonly Uint8Array[], partition: Partition | undefined, parts: readonly { readonly arguments: readonly string[]; readonly result: string }[]): readonly Uint8Array[] {
  if (partition === undefined) return args;
  const own = args.slice(1);
  if (partition.kind === 'map') return [Buffer.from(partition.rule.map), ...own];
  return [Buffer.from(partition.rule.reduce), ...own, Buffer.from(JSON.stringify(parts.map((part) => ({ arguments: part.arguments, result: part.result }))))];
}
