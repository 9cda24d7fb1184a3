import { createTargetData, type TargetDataInput, type TestConsortium } from '@selvedge/fixtures';
import { createFabricChain, createFabricEndorsed, type FabricEndorsed, type FabricNamespace, type TestFabricChain } from '@selvedge/fixtures/fabric';
import { parseDelivered, type FabricBlock } from '../domain/block.js';
import type { FabricState } from '../domain/fabric-state.js';
import { placeText } from '../domain/key-hashes.js';
import type { FabricVerdict } from '../domain/judge-transaction.js';

/** A state in memory that takes verdicts. */
export class TestFabricState implements FabricState {
  readonly entries = new Map<string, Uint8Array | undefined>();
  readonly facts = new Map<string, Uint8Array | undefined>();

  entry(namespace: string, collection: string, keyHash: Uint8Array): Uint8Array | undefined {
    return this.entries.get(placeText(namespace, collection, keyHash));
  }

  fact(key: string): Uint8Array | undefined {
    return this.facts.get(key);
  }

  apply({ entries, facts }: Pick<FabricVerdict, 'entries' | 'facts'>): void {
    for (const { namespace, collection, keyHash, valueHash } of entries) this.entries.set(placeText(namespace, collection, keyHash), valueHash);
    for (const { key, value } of facts) this.facts.set(key, value);
  }
}

/** A state that holds the consortium's facts. */
export function stateOf(consortium: TestConsortium): TestFabricState {
  const state = new TestFabricState();
  for (const { key, value } of consortium.state.factEntries()) state.facts.set(key, value);
  return state;
}

/** The response and write set of an endorsement of genuine target data. */
export function endorsedOf(consortium: TestConsortium, input: Omit<TargetDataInput, 'consortium' | 'nodes'> = {}): FabricEndorsed {
  return createFabricEndorsed(consortium, createTargetData({ consortium, nodes: [], ...input }));
}

/** Replaces the first namespace's parts. */
export function withNamespace(endorsed: FabricEndorsed, change: (namespace: FabricNamespace) => FabricNamespace): FabricEndorsed {
  return { ...endorsed, namespaces: endorsed.namespaces.map((namespace, i) => (i === 0 ? change(namespace) : namespace)) };
}

/** A block of these transactions, after block 0. */
export function blockOf(chain: TestFabricChain, number = chain.blocks.length - 1): FabricBlock {
  const delivered = parseDelivered(chain.blocks[number] as Uint8Array);
  if (delivered.kind !== 'block') throw new Error('a block was expected');
  return delivered.block;
}

/** One block of transactions with their codes. */
export function blockWith(channel: string, ...transactions: readonly (readonly [Parameters<TestFabricChain['transaction']>[0], number])[]): FabricBlock {
  const chain = createFabricChain(channel);
  chain.add(...transactions.map(([input, flag]) => ({ transaction: chain.transaction(input), flag })));
  return blockOf(chain);
}
