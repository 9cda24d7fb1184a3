import { setImmediate } from 'node:timers/promises';
import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { facts, verifyProfileSuccession, verifySignedProfile, type FactUpdate, type Profile } from '@selvedge/policy';
import { corrupt, orCorrupt, type FabricBlock } from './block.js';
import { FabricStateOverlay, type FabricState } from './fabric-state.js';
import { judgeFabricTransaction, type FabricVerdict } from './judge-transaction.js';
import { channelOf } from './transaction.js';

/** What a block is judged against. */
export interface BlockContext {
  readonly channel: string;
  readonly policyChaincode: string;
  /** The state before the block. */
  readonly state: FabricState;
  /** The ledger's profile; the trust anchor before the ledger has one. */
  readonly profile: Profile;
}

/** Judgement of a whole block. */
export interface FabricBlockVerdict {
  /** One per transaction, in order. */
  readonly verdicts: readonly FabricVerdict[];
  /** Net change of the facts. */
  readonly factUpdates: readonly FactUpdate[];
  /** The profile after the block. */
  readonly profile: Profile;
}

// A few milliseconds: calls that wait meanwhile are not held up for a whole block.
const VERDICTS_PER_TURN = 32;

/**
 * Judges a block's transactions in order under their validation codes; each meets what the valid ones before it wrote.
 * block has passed verifyFabricBlock. Throws LEDGER_CORRUPT, PROFILE_MISMATCH when the first profile is not the anchor.
 */
export async function judgeFabricBlock(block: FabricBlock, { channel, policyChaincode, state, profile }: BlockContext): Promise<FabricBlockVerdict> {
  if (block.number === 0n) verifyFirstBlock(block, channel);
  const overlay = new FabricStateOverlay(state);
  const verdicts: FabricVerdict[] = [];
  let current = profile;
  for (const [index, envelope] of block.envelopes.entries()) {
    if (index > 0 && index % VERDICTS_PER_TURN === 0) await setImmediate();
    const verdict = judgeFabricTransaction(envelope, block.flags[index] as number, { channel, policyChaincode, state: overlay });
    current = nextProfile(verdict, overlay, current);
    overlay.apply([...verdict.entries, ...verdict.foreign], verdict.facts);
    verdicts.push(verdict);
  }
  return { verdicts, factUpdates: overlay.factUpdates, profile: current };
}

/** Block 0 is the channel's configuration: it says which channel all that follows is of. */
function verifyFirstBlock({ envelopes: [first] }: FabricBlock, channel: string): void {
  const named = first && orCorrupt('block 0 does not parse', () => channelOf(first));
  if (named !== channel) throw new SelvedgeError('WRONG_CHANNEL', `block 0 is of channel ${named ?? '(none)'}, this is ${channel}`);
}

function nextProfile(verdict: FabricVerdict, state: FabricState, current: Profile): Profile {
  const change = verdict.facts.find(({ key }) => key === facts.profile);
  if (change === undefined) return current;
  const { value } = change;
  if (value === undefined) throw corrupt('the network profile was removed');
  if (state.fact(facts.profile) !== undefined) return orCorrupt('the network profile was changed without its organisations', () => verifyProfileSuccession(current, value));
  const first = orCorrupt('the first network profile does not verify', () => verifySignedProfile(value));
  if (!equalBytes(first.digest, current.digest)) throw new SelvedgeError('PROFILE_MISMATCH', 'the ledger was begun under another network profile than the trusted one');
  return first;
}
