import type { ContractPolicy, PartitionedFunction } from '@selvedge/protocol';
import { foldedName, lastPart } from './function-names.js';

type Partitions = Pick<ContractPolicy, 'partitionedFunctions'>;

/** How a function runs in parts; undefined: it does not. Names count as equal whose last parts are. @param functionName the call's first argument */
export function partitionedFunction({ partitionedFunctions }: Partitions, functionName: Uint8Array): PartitionedFunction | undefined {
  const called = lastPart(textOf(functionName));
  return partitionedFunctions.find(({ function: name }) => lastPart(name) === called);
}

/** Whether a function takes parts: nobody may call it with what passes for them. @param functionName the call's first argument */
export function isReduceFunction({ partitionedFunctions }: Partitions, functionName: Uint8Array): boolean {
  const called = foldedName(textOf(functionName));
  return partitionedFunctions.some(({ reduce }) => foldedName(reduce) === called);
}

function textOf(functionName: Uint8Array): string {
  return Buffer.from(functionName).toString('utf8');
}
