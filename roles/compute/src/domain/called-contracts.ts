import { SelvedgeError } from '@selvedge/errors';
import type { LedgerView } from '@selvedge/ledger-view';
import { facts, type KeyHolder } from '@selvedge/policy';
import { LIMITS, type RequestBody } from '@selvedge/protocol';
import type { HeldKeys } from '@selvedge/tee-node';
import type { ContractCall } from '../ports.js';
import { verifyMayWrite } from './name-migration.js';
import { isUpdate } from './request-body.js';
import { agreeTerms, type ContractTerms } from './contract-terms.js';
import { verifyUngated } from './gated-calls.js';
import { verifyTakesNoParts } from './partition.js';

/** Under what a called contract's terms are agreed: those of the request that calls it. */
export interface CallContext {
  readonly view: LedgerView;
  readonly keys: HeldKeys;
  /** This node, as key access rules name it. */
  readonly self: KeyHolder;
}

/**
 * Terms under which a request may call another contract: it is checked as if the request had invoked it, under the key
 * epoch that the request fixes for it. One transaction has one suite, whose keys sign its core.
 * Throws CHANNEL_NOT_SERVED, CALLED_CONTRACT_UNKNOWN, KEY_EPOCH_UNKNOWN, and what agreeTerms, verifyUngated, verifyTakesNoParts and verifyMayWrite throw.
 */
export function agreeCalledTerms(body: RequestBody, suite: string, call: ContractCall, context: CallContext): ContractTerms {
  const { contract, channel, args } = call;
  if (channel !== body.channel) throw new SelvedgeError('CHANNEL_NOT_SERVED', `contract ${contract} is to be called on channel ${channel}, which this compute node does not serve`);
  const keyEpoch = contract === body.contract ? body.keyEpoch : body.calledEpochs.find((called) => called.contract === contract)?.epoch;
  // Where the client knows it, this node may only be behind; where neither does, waiting would not help.
  if (keyEpoch === undefined && context.view.fact(facts.contract(contract)) === undefined) throw new SelvedgeError('CALLED_CONTRACT_UNKNOWN', `contract ${contract}, which the chaincode calls, is not on the ledger`);
  const terms = agreeTerms({ contract, keyEpoch, suite }, context);
  verifyUngated(terms.policy, args);
  verifyTakesNoParts(terms.policy, args[0]);
  if (isUpdate(body)) verifyMayWrite(body, contract, terms.names);
  return terms;
}

/** Throws CHAINCODE_LIMIT when a transaction would touch too many contracts. */
export function verifyContractCount(count: number): void {
  if (count > LIMITS.maxSections) throw new SelvedgeError('CHAINCODE_LIMIT', `contracts in one transaction: at most ${String(LIMITS.maxSections)} allowed`);
}
