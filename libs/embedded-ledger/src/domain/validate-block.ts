import { setImmediate } from 'node:timers/promises';
import { equalBytes, labelledHash } from '@selvedge/crypto';
import { facts, type FactUpdate, type Profile } from '@selvedge/policy';
import { ValidationCode } from '@selvedge/protocol';
import type { StateReader } from '../ports.js';
import { corrupt } from './block.js';
import { StateOverlay } from './state-overlay.js';
import { validateTransaction } from './validate-transaction.js';
import type { Verdict } from './verdict.js';

/** Judgement of a whole block. */
export interface BlockVerdict {
  /** One per transaction, in order. */
  readonly verdicts: readonly Verdict[];
  /** Net change of the facts. */
  readonly factUpdates: readonly FactUpdate[];
  /** The profile after the block. */
  readonly profile: Profile;
}

// About 10 ms of signature checks: calls that wait meanwhile are not held up for a whole block.
const VERDICTS_PER_TURN = 16;

/** Judges a block's transactions in order; each sees what the valid ones before it changed. */
export async function validateBlock(transactions: readonly Uint8Array[], state: StateReader, profile: Profile): Promise<BlockVerdict> {
  const overlay = new StateOverlay(state);
  const verdicts: Verdict[] = [];
  let current = profile;
  for (const bytes of transactions) {
    if (verdicts.length > 0 && verdicts.length % VERDICTS_PER_TURN === 0) await setImmediate();
    const verdict = validateTransaction(bytes, overlay, current);
    overlay.apply(verdict);
    current = verdict.profile ?? current;
    verdicts.push(verdict);
  }
  return { verdicts, factUpdates: overlay.factUpdates, profile: current };
}

/**
 * Checks that block 0 does one thing: set exactly the trusted profile. Throws LEDGER_CORRUPT.
 * anchor: the trust anchor that the block was judged under.
 */
export function verifyGenesis({ verdicts, factUpdates, profile }: BlockVerdict, anchor: Profile): void {
  const [only] = verdicts;
  if (only === undefined || verdicts.length !== 1) throw corrupt('block 0 does not hold exactly one transaction');
  if (only.code !== ValidationCode.VALID) throw corrupt(`block 0: its transaction is not valid: ${only.reason ?? ''}`);
  if (factUpdates.length !== 1 || factUpdates[0]?.key !== facts.profile) throw corrupt('block 0 does not set the network profile alone');
  if (!equalBytes(profile.digest, anchor.digest)) throw corrupt('block 0 sets another network profile than the trusted one');
}

/** Running digest of blocks and verdicts: followers that judged differently differ from then on. 32 bytes. */
export function nextCommitHash(previous: Uint8Array, blockHash: Uint8Array, verdicts: readonly Verdict[]): Uint8Array {
  return labelledHash('commit', previous, blockHash, Uint8Array.from(verdicts, (verdict) => verdict.code));
}
