import { SelvedgeError } from '@selvedge/errors';
import { encodeFabricEndorsement, TARGET_DATA_FIELD } from '@selvedge/fabric';
import { LIMITS, parseMessage, TargetDataSchema } from '@selvedge/protocol';
import { parseTargetData, verifyAttachmentLimits } from '../domain/check-shape.js';
import { readContractRules } from '../domain/contract-rules.js';
import { declareTargets, encodeEndorsementPayload } from '../domain/endorsement-payload.js';
import { verifyTargetData } from '../domain/verify-target-data.js';
import type { Invocation } from './adapters/invocation.js';
import { fetchedFacts } from './domain/fetched-facts.js';
import { ownSection } from './domain/own-section.js';
import { entryId, requiredEntries, type PrivateEntry } from './domain/private-entries.js';
import { recordedProfile, type ExpectedNetwork } from './domain/recorded-profile.js';
import { requiredFacts } from './domain/required-facts.js';
import { createSnapshot } from './domain/snapshot.js';
import { planWrites } from './domain/write-plan.js';
import type { PolicyFacts, PrivateState } from './ports.js';

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
  /** Now; may only refuse. */
  readonly at: Date;
}

/** What an endorsement puts into the block, equal at every endorser. */
export interface FabricEndorsementResult {
  /** FabricEndorsement bytes. */
  readonly response: Uint8Array;
  /** Selvedge's, 32 bytes. */
  readonly txId: Uint8Array;
  readonly sealedEvents: readonly Uint8Array[];
}

/**
 * Verifies target data against what the peer's ledger holds now, and writes what it says. Everything that can be refused
 * is refused before the first write. Throws the refusal of the first check that fails.
 */
export async function endorse({ invocation, target, facts, state, at }: EndorsementInput): Promise<FabricEndorsementResult> {
  verifyInvocation(invocation, target);
  const received = parseMessage(TargetDataSchema, targetDataOf(invocation), LIMITS.maxMessageBytes);
  const parsed = parseTargetData(received);
  // Again in verifyTargetData: here before certificates are parsed and facts asked for.
  verifyAttachmentLimits(parsed.attachments);
  const section = ownSection(parsed.core, target.contract);

  const reader = fetchedFacts(await facts.read(requiredFacts(parsed)));
  const profile = recordedProfile(reader, target);
  const hashes = await readHashes(state, requiredEntries(parsed.core, section, readContractRules(reader, section.contract)));
  const snapshot = createSnapshot({ section, facts: reader, hashes });

  const { targetData, rules, factReads } = verifyTargetData(received, { state: snapshot, profile, at });
  const endorsementPayload = encodeEndorsementPayload(targetData, declareTargets(targetData.core, rules), factReads);
  await state.write(planWrites(targetData, section, readContractRules(reader, section.contract).policy));
  return {
    response: encodeFabricEndorsement({ cores: targetData.coreBytes, itemMask: targetData.itemMask, endorsementPayload }),
    txId: targetData.core.txId,
    sealedEvents: targetData.attachments.sealedEvents,
  };
}

/** Throws WRONG_CHANNEL or INVALID_CONFIGURATION. */
function verifyInvocation({ channel, chaincode }: Invocation, target: EndorsementTarget): void {
  if (channel !== target.channel) throw new SelvedgeError('WRONG_CHANNEL', 'this chaincode process serves another channel');
  // Private data lies under the name that the peer knows the chaincode by: policy and collections of another would count.
  if (chaincode !== target.contract) throw new SelvedgeError('INVALID_CONFIGURATION', `this chaincode process endorses for ${target.contract}; it is called as, or by, another chaincode`);
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
