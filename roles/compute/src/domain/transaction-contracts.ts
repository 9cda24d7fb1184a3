import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import type { DeclaredIndexes } from '@selvedge/rich-query';
import { plaintextDatasets, type ServingNode } from '@selvedge/tee-node';
import type { OpenedContract, StateCalls } from '../ports.js';
import type { AuthorisedRequest } from './authorise.js';
import type { BatchOverlay } from './batch-overlay.js';
import type { ContractPart } from './build-core.js';
import { agreeCalledTerms, verifyContractCount, type CallContext } from './called-contracts.js';
import type { ContractTerms } from './contract-terms.js';
import type { NameMigration } from './name-migration.js';
import type { ReEncryptable } from './re-encryption.js';
import type { Recorded, RecordedGuard, RecordedKeyPolicy, RecordedRead } from './recorded-sets.js';
import { idleSeed, transactionSeed } from './seeds.js';
import { createTransactionState, type TransactionState, type TransactionStateInput } from './transaction-state.js';

/** A key's own policy, with the contract whose key it is. */
export interface ContractKeyPolicy extends RecordedKeyPolicy {
  readonly contract: string;
}

type QueriedKey = RecordedRead & { readonly contract: string };
type QueriedGuard = Omit<RecordedGuard, 'kind'> & { readonly contract: string };

/** A read and the business node that served it. */
export interface ServedRead<T> {
  readonly read: T;
  /** MSP ids. */
  readonly owners: readonly string[];
  readonly node: ServingNode | undefined;
}

/** The contracts of one transaction. */
export interface TransactionContracts extends ReEncryptable, NameMigration {
  /** The invoked contract's. */
  readonly calls: StateCalls;
  /** What a submit read and wrote, the invoked contract's part first. Throws as TransactionState.recorded, CHAINCODE_UNSUPPORTED and CHAINCODE_LIMIT. */
  parts(): ContractPart[];
  /** Throws when the run met what defers it in its batch, whatever the chaincode made of that. */
  verifyNotDeferred(): void;
  /** Whether the run read what an earlier item of its batch has written; it may have failed. */
  isBehind(overlay: BatchOverlay): boolean;
  /** Whether a contract that was touched has gated functions: nothing that it holds may be told before it is known to be committed. */
  hasGate(): boolean;
  /** What was read so far in every contract, keys before guards, with what served it. */
  queryReads(): { readonly keys: readonly ServedRead<QueriedKey>[]; readonly guards: readonly ServedRead<QueriedGuard>[] };
  /** The policies that stand for the keys that are written, in every contract. */
  keyPolicies(): Promise<ContractKeyPolicy[]>;
}

export interface TransactionContractsInput extends Omit<TransactionStateInput, 'declaredIndexes' | 'inherited'> {
  readonly context: CallContext;
  /** 32 bytes, as in the core. */
  readonly requestDigest: Uint8Array;
  /** Those of a package. */
  readonly declaredIndexes: (codeHash: Uint8Array) => Promise<DeclaredIndexes>;
}

interface ContractInUse {
  readonly terms: ContractTerms;
  readonly transactionState: TransactionState;
  readonly state: StateCalls;
  /** Runs so far. */
  runs: number;
}

/**
 * State of the invoked contract and of each that is called within the transaction, every one with read set, write set
 * and access rules of its own. A contract that is called twice goes on where it was.
 */
export function createTransactionContracts({ context, requestDigest, declaredIndexes, ...input }: TransactionContractsInput): TransactionContracts {
  const { request, scope, maxWriteBytes } = input;
  const inUse = new Map<string, ContractInUse>();

  const begin = (terms: ContractTerms): ContractInUse => {
    const { name, codeHash } = terms.policy;
    verifyContractCount(inUse.size + 1);
    const underTerms: AuthorisedRequest = terms === request ? request : { ...request, ...terms };
    const inherited = request.mapped.inherited.find((each) => each.terms.policy.name === name)?.reads;
    const transactionState = createTransactionState({ ...input, inherited, request: underTerms, scope: { ...scope, contract: name, plaintext: plaintextDatasets(terms.policy) }, declaredIndexes: () => declaredIndexes(codeHash) });
    // Async, so that a refusal rejects instead of being thrown at the caller.
    const openContract: StateCalls['openContract'] = async (call) => {
      // Each call's function is checked, not the first one's alone.
      const calledTerms = agreeCalledTerms(request.body, request.policy.suite, call, context);
      return Promise.resolve(nextRun(inUse.get(call.contract) ?? begin(calledTerms)));
    };
    const contract: ContractInUse = { terms, transactionState, state: { ...transactionState.calls, openContract }, runs: 0 };
    inUse.set(name, contract);
    return contract;
  };

  /** Every run of a contract draws its own randomness. */
  const nextRun = (contract: ContractInUse): OpenedContract => {
    const { policy, epochKeys } = contract.terms;
    const seed = transactionSeed(epochKeys.randomKey, policy.name, requestDigest, contract.runs);
    contract.runs += 1;
    return { codeHash: policy.codeHash, seed, idleSeed: idleSeed(epochKeys.randomKey, policy.name, policy.codeHash, request.creator.mspId), state: contract.state };
  };

  const invoked = begin(request);
  invoked.runs = 1;
  // Those that only maps have touched belong to the transaction too.
  for (const { terms } of request.mapped.inherited) if (!inUse.has(terms.policy.name)) begin(terms);
  return {
    calls: invoked.state,
    reEncrypt: (dataset, ledgerKeys) => invoked.transactionState.reEncrypt(dataset, ledgerKeys),
    migrateNames: (dataset, ledgerKeys, mayProlong) => invoked.transactionState.migrateNames(dataset, ledgerKeys, mayProlong),
    parts() {
      const parts = [...inUse.values()].map(({ terms, transactionState }) => ({ terms, recorded: transactionState.recorded() }));
      verifyTogether(parts.map(({ recorded }) => recorded), maxWriteBytes);
      return parts;
    },
    verifyNotDeferred() {
      for (const { transactionState } of inUse.values()) {
        const failure = transactionState.failure();
        if (isSelvedgeError(failure, 'BATCH_ITEM_DEFERRED')) throw failure;
      }
    },
    isBehind: (overlay) =>
      [...inUse].some(([contract, { transactionState }]) => {
        const { reads, guards, keyPolicyReads } = transactionState.touched();
        return [...reads, ...keyPolicyReads].some(({ dataset, ledgerKey }) => overlay.write(contract, dataset, ledgerKey) !== undefined) || guards.some(({ dataset }) => overlay.isWritten(contract, dataset));
      }),
    hasGate: () => [...inUse.values()].some(({ terms }) => terms.policy.gatedFunctions.length > 0),
    queryReads() {
      const contracts = [...inUse].map(([contract, { terms, transactionState }]) => {
        const { reads, guards } = transactionState.touched();
        const ownersOf = (ownerSet: string): readonly string[] => terms.policy.ownerSets.find(({ name }) => name === ownerSet)?.owners ?? [];
        return {
          keys: reads.map((read) => ({ read: { ...read, contract }, owners: ownersOf(read.ownerSet), node: transactionState.servedBy(read, read.ledgerKey) })),
          guards: guards.map(({ ownerSet, dataset, guardKey, txId }) => {
            const read = { ownerSet, dataset, guardKey, txId, contract };
            return { read, owners: ownersOf(ownerSet), node: transactionState.servedBy(read, guardKey) };
          }),
        };
      });
      return { keys: contracts.flatMap(({ keys }) => keys), guards: contracts.flatMap(({ guards }) => guards) };
    },
    async keyPolicies() {
      const found = await Promise.all([...inUse.values()].map(async ({ terms, transactionState }) => {
        const policies = await transactionState.keyPoliciesInForce(transactionState.recorded().writes);
        return policies.map((each) => ({ contract: terms.policy.name, ...each }));
      }));
      return found.flat();
    },
  };
}

/** What holds for a transaction as a whole, whichever of its contracts did it. */
function verifyTogether(recorded: readonly Recorded[], maxWriteBytes: number): void {
  const writes = recorded.flatMap((part) => part.writes);
  const unguarded = recorded.find((part) => part.unguarded !== undefined)?.unguarded;
  if (unguarded !== undefined && writes.length > 0) throw new SelvedgeError('CHAINCODE_UNSUPPORTED', `writing after a query of dataset '${unguarded}', which keeps no content guard`);
  const writeBytes = writes.reduce((sum, { effect }) => sum + (effect.kind === 'put' ? effect.value.length : 0), 0);
  if (writeBytes > maxWriteBytes) throw new SelvedgeError('CHAINCODE_LIMIT', `bytes written by all contracts: at most ${String(maxWriteBytes)} allowed`);
}
