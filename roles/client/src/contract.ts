import { createProposal, type Proposal } from './proposal.js';
import type { ProposalOptions } from './proposal-options.js';
import type { SubmittedTransaction } from './endorsed-transaction.js';
import type { Session } from './session.js';

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
  /** Resolves when the transaction is ordered; the returned object waits for its commit. */
  submitAsync(name: string, options?: ProposalOptions): Promise<SubmittedTransaction>;
  /** The staged form. */
  newProposal(name: string, options?: ProposalOptions): Proposal;
}

/** A contract of this session's channel. */
export function createContract(session: Session, name: string): Contract {
  const newProposal = (transaction: string, options: ProposalOptions = {}): Proposal => createProposal(session, name, transaction, options);
  const submitAsync = async (transaction: string, options?: ProposalOptions): Promise<SubmittedTransaction> => {
    const executed = await newProposal(transaction, options).execute();
    const endorsed = await executed.endorse();
    return endorsed.submit();
  };
  const submit = async (transaction: string, options?: ProposalOptions): Promise<Uint8Array> => {
    const submitted = await submitAsync(transaction, options);
    await submitted.verifyCommitted();
    return submitted.getResult();
  };
  const evaluate = (transaction: string, options?: ProposalOptions): Promise<Uint8Array> => newProposal(transaction, options).evaluate();
  return {
    name,
    newProposal,
    submitAsync,
    submit,
    evaluate,
    submitTransaction: (transaction, ...args) => submit(transaction, { arguments: args }),
    evaluateTransaction: (transaction, ...args) => evaluate(transaction, { arguments: args }),
  };
}
