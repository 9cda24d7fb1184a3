import type { Appraise } from '@selvedge/attestation';
import { equalBytes, sha256 } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { encodeFabricEndorsement, eventsOfItems, ledgerReadsOfItems, TARGET_DATA_FIELD, type ItemEvents } from '@selvedge/fabric';
import { revocationListFacts } from '@selvedge/policy';
import { LIMITS, parseMessage, TargetDataSchema, type Core } from '@selvedge/protocol';
import { verifyLegacyKeys } from '../domain/check-legacy.js';
import { parseTargetData, verifyAttachmentLimits, type ParsedTargetData } from '../domain/check-shape.js';
import { readContractRules } from '../domain/contract-rules.js';
import { declareTargets, encodeEndorsementPayload } from '../domain/endorsement-payload.js';
import { verifyTargetData } from '../domain/verify-target-data.js';
import type { Invocation } from './adapters/invocation.js';
import { fetchedFacts } from './domain/fetched-facts.js';
import { calledContracts, verifyCalled, verifyInvoked } from './domain/own-section.js';
import { entryId, requiredEntries, type PrivateEntry } from './domain/private-entries.js';
import { recordedProfile, type ExpectedNetwork } from './domain/recorded-profile.js';
import { requiredFacts } from './domain/required-facts.js';
import { createSnapshot } from './domain/snapshot.js';
import { planWrites, type PlannedWrite } from './domain/write-plan.js';
import type { CalledContracts, PolicyFacts, PrivateState } from './ports.js';

/** What an endorsement chaincode process is there for. */
export interface EndorsementTarget extends ExpectedNetwork {
  /** The confidential contract, and the name under which this chaincode is deployed. */
  readonly contract: string;
}

/** One call, and the ledger within its transaction. */
export interface EndorsementInput {
  readonly invocation: Invocation;
  readonly target: EndorsementTarget;
  readonly facts: PolicyFacts;
  readonly state: PrivateState;
  /** Appraises nodes' evidence; default: anew each time. */
  readonly appraise?: Appraise;
  /** Now; may only refuse. */
  readonly at: Date;
}

/** What an endorsement puts into the block, equal at every endorser. */
export interface FabricEndorsementResult {
  /** FabricEndorsement bytes. */
  readonly response: Uint8Array;
  /** Sealed events of each item that emits some, in order. */
  readonly events: readonly ItemEvents[];
}

/** Target data that passed every check which this chaincode can make, and what it will write. */
interface Examined {
  readonly targetData: ParsedTargetData;
  /** EndorsementPayload bytes. */
  readonly payload: Uint8Array;
  readonly plan: readonly PlannedWrite[];
}

/**
 * A client's call. Verifies target data against what the peer's ledger holds now, has the endorsement chaincodes of the
 * other sections do the same, and writes what it says. Everything that can be refused here is refused before the first write.
 * Throws the refusal of the first check that fails.
 */
export async function endorse(input: EndorsementInput & { readonly called: CalledContracts }): Promise<FabricEndorsementResult> {
  const { invocation, target, state, called } = input;
  verifyInvocation(invocation, invocation.chaincode, target);
  const { targetData, payload, plan } = await examine(input, (cores) => { verifyInvoked(cores, target.contract); });
  const digest = sha256(payload);
  // One after the other: nothing may be under way any more when a call is refused. A refusal fails the whole transaction.
  for (const contract of calledContracts(targetData.cores)) {
    if (!equalBytes(await called.endorse(contract), digest)) throw new SelvedgeError('INVALID_CONFIGURATION', `the chaincode that is deployed as ${contract} endorses something else: it is not this release’s endorsement chaincode`);
  }
  await state.write(plan);
  return {
    response: encodeFabricEndorsement({ cores: targetData.coreBytes, itemMask: targetData.itemMask, endorsementPayload: payload }),
    events: eventsOfItems(targetData.cores, targetData.attachments.sealedEvents),
  };
}

/**
 * A call by the endorsement chaincode of the contract that was invoked: the same checks, and this contract's own section.
 * Gives SHA-256 of the EndorsementPayload, which must be the caller's own. Throws the refusal of the first check that fails.
 * @param name by which it was called
 */
export async function endorseCalled(input: EndorsementInput, name: string): Promise<Uint8Array> {
  const { invocation, target, state } = input;
  verifyInvocation(invocation, name, target);
  const { payload, plan } = await examine(input, (cores) => { verifyCalled(cores, target.contract, invocation.chaincode); });
  await state.write(plan);
  return sha256(payload);
}

async function examine({ invocation, target, facts, state, appraise, at }: EndorsementInput, verifyContracts: (cores: readonly Core[]) => void): Promise<Examined> {
  const received = parseMessage(TargetDataSchema, targetDataOf(invocation), LIMITS.maxMessageBytes);
  const parsed = parseTargetData(received);
  // Again in verifyTargetData: here before certificates are parsed and facts asked for.
  verifyAttachmentLimits(parsed.attachments);
  const legacyKeys = verifyLegacyKeys(parsed.cores, parsed.attachments.legacyKeys);
  verifyContracts(parsed.cores);

  const required = await facts.read(requiredFacts(parsed));
  const profile = recordedProfile(fetchedFacts(required), target);
  // Whose statements about sets count.
  const lists = parsed.attachments.statements.length === 0 ? [] : await facts.read(revocationListFacts(profile));
  const reader = fetchedFacts(new Map([...required, ...lists]));
  const { contract } = target;
  const rulesOf = readContractRules(reader, contract);
  const reads = ledgerReadsOfItems(parsed.cores, contract);
  const hashes = await readHashes(state, requiredEntries(parsed.cores, { contract, ...reads }, rulesOf, legacyKeys));
  const snapshot = createSnapshot({ contract, reads, facts: reader, legacyKeys, hashes });

  const { targetData, rules, factReads } = verifyTargetData(received, { state: snapshot, profile, at, appraise, stateOf: contract });
  const payload = encodeEndorsementPayload(targetData, declareTargets(targetData.cores, rules), factReads);
  return { targetData, payload, plan: planWrites(targetData, contract, { policy: rulesOf.policy, legacyKeys }) };
}

/** name: by which this chaincode was called. Throws WRONG_CHANNEL or INVALID_CONFIGURATION. */
function verifyInvocation({ channel }: Invocation, name: string, target: EndorsementTarget): void {
  if (channel !== target.channel) throw new SelvedgeError('WRONG_CHANNEL', 'this chaincode process serves another channel');
  // Private data lies under the name that the peer knows the chaincode by: policy and collections of another would count.
  if (name !== target.contract) throw new SelvedgeError('INVALID_CONFIGURATION', `this chaincode process endorses for ${target.contract}; it is called as, or by, another chaincode`);
}

function targetDataOf({ transient }: Invocation): Uint8Array {
  const bytes = transient.get(TARGET_DATA_FIELD);
  if (bytes === undefined) throw new SelvedgeError('MALFORMED_MESSAGE', `no transient field ${TARGET_DATA_FIELD}`);
  return bytes;
}

/** One after the other: nothing may be under way any more when a call is refused. */
async function readHashes(state: PrivateState, entries: readonly PrivateEntry[]): Promise<ReadonlyMap<string, Uint8Array | undefined>> {
  const hashes = new Map<string, Uint8Array | undefined>();
  for (const entry of entries) hashes.set(entryId(entry), await state.hash(entry.collection, entry.key));
  return hashes;
}
