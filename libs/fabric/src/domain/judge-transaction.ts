import { toHex } from '@selvedge/crypto';
import { isSelvedgeError } from '@selvedge/errors';
import { facts, type FactUpdate } from '@selvedge/policy';
import { LIMITS, requireAtMost, ValidationCode } from '@selvedge/protocol';
import { isFactStateKey } from '../names.js';
import { corrupt, orCorrupt } from './block.js';
import { channelRevocationLists } from './channel-revocation-lists.js';
import { translateConflict } from './conflicts.js';
import { parseEndorsedResponse, type EndorsedResponse } from './endorsed-response.js';
import { fabricCodeName, toValidationCode } from './fabric-codes.js';
import type { FabricState } from './fabric-state.js';
import { foreignUpdates, type ForeignUpdate } from './foreign-writes.js';
import { isOwnCollection, matchWrites, type EntryUpdate, type MatchedWrites } from './match-writes.js';
import { parseFabricTransaction, type FabricTransaction } from './transaction.js';
import { parseWriteSet, type NamespaceSet } from './write-set.js';

/** What a follower takes from one transaction of a block. */
export interface FabricVerdict {
  /** Fabric's validation code, the peer's verdict. */
  readonly flag: number;
  /** The same as Selvedge says it: a conflict on a marker is DUPLICATE_TXID, one on a guard PHANTOM_READ_CONFLICT. */
  readonly code: ValidationCode;
  /** Why it is not VALID, or what is odd about it, for the log; names nothing secret. */
  readonly reason: string | undefined;
  /** false: a configuration or another chaincode's transaction, which does not concern this network. */
  readonly concerns: boolean;
  /** Fabric's transaction id, hexadecimal; undefined when the envelope did not parse. */
  readonly fabricTxId: string | undefined;
  /**
   * Selvedge's transaction ids that the verdict is on, 32 bytes each: of a valid transaction those of all kept items, whose markers
   * are in the write set. Of one that lost a conflict the id that is Fabric's own, if an item has it: whoever holds an item's target
   * data can have it ordered in another transaction, and have that lose, while the item's own id stays free.
   */
  readonly txIds: readonly Uint8Array[];
  readonly response: EndorsedResponse | undefined;
  /** Hashed writes in collections of ours; empty unless VALID. */
  readonly entries: readonly EntryUpdate[];
  /** Hashed writes in all other chaincodes' and contracts' collections, which a contract may take over; empty unless VALID. */
  readonly foreign: readonly ForeignUpdate[];
  /** Changes of policy facts, and of the revocation lists that a configuration holds; empty unless VALID. */
  readonly facts: readonly FactUpdate[];
  /** How the response differs from what was written: the endorsing peers did not run the approved endorsement chaincode. */
  readonly mismatch: string | undefined;
}

/** Where a transaction stands. */
export interface JudgeContext {
  readonly channel: string;
  readonly policyChaincode: string;
  /** The state that the transaction met. */
  readonly state: FabricState;
}

const VALID = ValidationCode.VALID.valueOf();
const CONFLICT = ValidationCode.MVCC_READ_CONFLICT.valueOf();
const NOTHING = { concerns: false, fabricTxId: undefined, txIds: [], response: undefined, entries: [], foreign: [], facts: [], mismatch: undefined } as const;
const NO_WRITES: MatchedWrites = { entries: [], mismatch: undefined, hasMarkers: false };

/**
 * Judges one envelope under the peer's validation code. What is valid must parse: LEDGER_CORRUPT otherwise. What is
 * invalid may be anything; it becomes a verdict without effect.
 */
export function judgeFabricTransaction(envelope: Uint8Array, flag: number, context: JudgeContext): FabricVerdict {
  const code = toValidationCode(flag);
  if (flag === VALID) {
    const transaction = orCorrupt('a valid transaction does not parse', () => parseFabricTransaction(envelope));
    if (transaction === undefined) {
      const lists = orCorrupt('a channel’s configuration does not parse', () => channelRevocationLists(envelope, context.state));
      return { ...NOTHING, flag, code, reason: undefined, facts: lists };
    }
    if (transaction.channel !== context.channel) throw corrupt(`a valid transaction is of channel ${transaction.channel}, this is ${context.channel}`);
    return { flag, code, reason: undefined, ...judgeValid(transaction, context) };
  }
  try {
    const transaction = parseFabricTransaction(envelope);
    if (transaction === undefined) return { ...NOTHING, flag, code, reason: undefined };
    return { flag, ...judgeInvalid(transaction, flag, context) };
  } catch (error) {
    if (!isSelvedgeError(error)) throw error;
    return { ...NOTHING, flag, code, reason: `${fabricCodeName(flag)}; ${error.message}` };
  }
}

function judgeValid(transaction: FabricTransaction, { policyChaincode, state }: JudgeContext): Omit<FabricVerdict, 'flag' | 'code' | 'reason'> {
  const sets = orCorrupt('a valid transaction’s write set does not parse', () => parseOwnSets(transaction.results, policyChaincode));
  const changes = orCorrupt('a policy fact is too large', () => factUpdates(sets, policyChaincode));
  const contracts = sets.filter(({ namespace }) => namespace !== policyChaincode);
  const response = contracts.length === 0 ? undefined : responseOf(transaction);
  const { entries, mismatch, hasMarkers } = contracts.length === 0 ? NO_WRITES : matchWrites(response, contracts, state);
  const concerns = contracts.length > 0 || transaction.chaincode === policyChaincode;
  return { concerns, fabricTxId: transaction.fabricTxId, txIds: hasMarkers ? idsOf(response) : [], response, entries, foreign: foreignUpdates(transaction.results), facts: changes, mismatch };
}

function judgeInvalid(transaction: FabricTransaction, flag: number, { policyChaincode, state }: JudgeContext): Omit<FabricVerdict, 'flag'> {
  const { fabricTxId, chaincode } = transaction;
  const concerns = chaincode === policyChaincode || state.fact(facts.contract(chaincode)) !== undefined;
  const refused = { ...NOTHING, code: toValidationCode(flag), reason: fabricCodeName(flag), concerns, fabricTxId };
  if (!concerns || flag !== CONFLICT) return refused;
  const response = responseOf(transaction);
  if (response === undefined) return refused;
  const { mismatch, hasMarkers } = matchWrites(response, parseOwnSets(transaction.results, policyChaincode).filter(({ namespace }) => namespace !== policyChaincode), state);
  if (mismatch !== undefined || !hasMarkers) return { ...refused, mismatch };
  return { ...refused, code: translateConflict(response, state), txIds: idsOf(response).filter((txId) => toHex(txId) === fabricTxId), response };
}

function idsOf(response: EndorsedResponse | undefined): readonly Uint8Array[] {
  return response?.cores.map(({ txId }) => txId) ?? [];
}

function responseOf({ responsePayload }: FabricTransaction): EndorsedResponse | undefined {
  try {
    return parseEndorsedResponse(responsePayload);
  } catch (error) {
    if (!isSelvedgeError(error)) throw error;
    return undefined;
  }
}

function parseOwnSets(results: Uint8Array, policyChaincode: string): NamespaceSet[] {
  return parseWriteSet(results, (namespace, collections) => namespace === policyChaincode || collections.some(isOwnCollection));
}

function factUpdates(sets: readonly NamespaceSet[], policyChaincode: string): FactUpdate[] {
  const changes = sets.filter(({ namespace }) => namespace === policyChaincode).flatMap(({ publicWrites }) => publicWrites.filter(({ key }) => isFactStateKey(key)));
  // Facts stay in memory.
  for (const { value } of changes) requireAtMost('bytes of a policy fact', value?.length ?? 0, Math.max(LIMITS.maxFactBytes, LIMITS.maxProfileBytes));
  return changes;
}
