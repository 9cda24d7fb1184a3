import type { ContractBatches } from './batching/contract-batches.js';
import { retryOnConflict } from './conflict-retry.js';
import { contentOf, createProposal, type Proposal } from './proposal.js';
import type { ProposalOptions } from './proposal-options.js';
import type { SubmittedTransaction } from './endorsed-transaction.js';
import { fetchGatedResult } from './gated-results.js';
import { withPresentKeys, withPresentKeysOfId } from './present-keys.js';
import { pause } from './repeat.js';
import type { Requests } from './requests.js';
import type { TransactionSession } from './session.js';

const QUERY_IN_PARTS = { attempts: 5 };

/** A deployed contract, as this gateway's identity calls it. */
export interface Contract {
  readonly name: string;
  /** Runs a function and commits its writes. Resolves with the result once every declared owner holds them durably. */
  submitTransaction(name: string, ...args: (string | Uint8Array)[]): Promise<Uint8Array>;
  /** Runs a function without committing anything. */
  evaluateTransaction(name: string, ...args: (string | Uint8Array)[]): Promise<Uint8Array>;
  /** As submitTransaction, with transient data and other options. */
  submit(name: string, options?: ProposalOptions): Promise<Uint8Array>;
  /** As evaluateTransaction, with transient data and other options. */
  evaluate(name: string, options?: ProposalOptions): Promise<Uint8Array>;
  /**
   * Resolves when the transaction is ordered; the returned object waits for its commit. A retry policy covers what is
   * refused before that: a conflict at commit is the caller's.
   */
  submitAsync(name: string, options?: ProposalOptions): Promise<SubmittedTransaction>;
  /**
   * Fetches the result of a committed gated function that this identity submitted. Throws RESULT_UNRELEASED, with the reason as
   * its cause.
   * @param handle ResultHandle bytes, which onResultHandle or the staged form gave
   */
  fetchResult(handle: Uint8Array, options?: { readonly signal?: AbortSignal }): Promise<Uint8Array>;
  /** The staged form. */
  newProposal(name: string, options?: ProposalOptions): Proposal;
}

/** What a batch cannot do for one of its requests. */
const OWN_WAY: readonly (keyof ProposalOptions)[] = ['computeQuorum', 'replicas', 'onOutvoted', 'endorsingOrganizations', 'signal', 'partitions', 'confirm'];

/** How requests travel with others. */
export type SharedWays = Partial<ContractBatches>;

/** A contract of this session's channel. @param shared the contract's; what it lacks travels one by one */
export function createContract(session: TransactionSession, name: string, shared: SharedWays = {}): Contract {
  const newProposal = (transaction: string, options: ProposalOptions = {}, requests?: Requests): Proposal => {
    // By the time that a first request is sealed, nodes have said how busy they are.
    session.scheduling.refresh(session.ports.computeNodes());
    return createProposal(session, name, transaction, options, requests);
  };
  const order = async (transaction: string, options?: ProposalOptions, requests?: Requests): Promise<SubmittedTransaction> => {
    const executed = await newProposal(transaction, options, requests).execute();
    const handle = executed.getResultHandle();
    if (handle !== undefined) await options?.onResultHandle?.(handle);
    const endorsed = await executed.endorse();
    return endorsed.submit();
  };
  const commit = async (transaction: string, options?: ProposalOptions, requests?: Requests): Promise<Uint8Array> => {
    const submitted = await order(transaction, options, requests);
    return submitted.awaitResult();
  };
  /** What names nodes, endorsers or an end of its own, comes in parts, or is to be confirmed, goes its own way. */
  const waysFor = (options: ProposalOptions = {}): SharedWays => (OWN_WAY.every((option) => options[option] === undefined) ? shared : {});
  const commitAnyhow = (transaction: string, options: ProposalOptions = {}): Promise<Uint8Array> => {
    const alone = (requests?: Requests): Promise<Uint8Array> =>
      requests === undefined ? commit(transaction, options) : withPresentKeysOfId(session, requests, () => commit(transaction, options, requests));
    return waysFor(options).submit?.(contentOf(transaction, options), alone) ?? alone();
  };
  const retrying = <T>(run: () => Promise<T>, options: ProposalOptions = {}): Promise<T> => {
    const signal = options.signal === undefined ? session.closing : AbortSignal.any([session.closing, options.signal]);
    return retryOnConflict(() => withPresentKeys(session, run), options.retry ?? session.retry, { random: session.random, pause: (ms) => pause(ms, signal) });
  };
  const { admission } = session;
  const submitAsync = (transaction: string, options?: ProposalOptions): Promise<SubmittedTransaction> => admission.run(() => retrying(() => order(transaction, options), options));
  const submit = (transaction: string, options?: ProposalOptions): Promise<Uint8Array> => admission.run(() => retrying(() => commitAnyhow(transaction, options), options));
  const evaluateAnyhow = async (transaction: string, options?: ProposalOptions): Promise<Uint8Array> => {
    const alone = (requests?: Requests): Promise<Uint8Array> => newProposal(transaction, options, requests).evaluate();
    // Parts that saw two versions of one thing, or an upgrade between them, are made anew.
    if (options?.partitions !== undefined) return retrying(alone, { ...options, retry: options.retry ?? QUERY_IN_PARTS });
    return waysFor(options).evaluate?.(contentOf(transaction, options ?? {}), alone) ?? alone();
  };
  const evaluate = (transaction: string, options?: ProposalOptions): Promise<Uint8Array> => admission.run(() => evaluateAnyhow(transaction, options));
  /** Whoever takes the stages one by one holds what lies between them. */
  const stagedProposal = (transaction: string, options?: ProposalOptions): Proposal => {
    const proposal = newProposal(transaction, options);
    return { ...proposal, execute: () => admission.run(() => proposal.execute()), evaluate: () => admission.run(() => proposal.evaluate()) };
  };
  return {
    name,
    newProposal: stagedProposal,
    submitAsync,
    fetchResult: (handle, { signal } = {}) => fetchGatedResult(session, handle, signal),
    submit,
    evaluate,
    submitTransaction: (transaction, ...args) => submit(transaction, { arguments: args }),
    evaluateTransaction: (transaction, ...args) => evaluate(transaction, { arguments: args }),
  };
}
