import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { StatedCommit } from './commit-statement.js';

/** Whose word opens a contract's gate. */
export interface Gate {
  /** MSP ids. */
  readonly organisations: readonly string[];
  /** So many of them must agree; at least 1. */
  readonly quorum: number;
}

/** What was heard about a transaction. */
export interface HeardCommit {
  readonly statements: readonly StatedCommit[];
  /** Who did not answer properly, and why: for people. */
  readonly failures: readonly string[];
}

/**
 * Throws unless so many organisations of the gate state one block in which this very core is valid: RESULT_NOT_COMMITTED when
 * too many say that it is in no block, or was found invalid; RESULT_OF_ANOTHER_EXECUTION when a quorum names another core;
 * otherwise GATE_QUORUM_NOT_MET with who said what.
 *
 * @param coreDigest 32 bytes
 */
export function verifyGateOpen({ statements, failures }: HeardCommit, gate: Gate, coreDigest: Uint8Array): void {
  // A gate of nobody would open for everybody.
  if (gate.quorum < 1) throw new SelvedgeError('RESULT_GATE_UNSET', 'the contract’s policy names nobody whose word releases results');
  const heard = statements.filter(({ mspId }) => gate.organisations.includes(mspId));
  const blocks = new Map<string, Set<string>>();
  const other = new Set<string>();
  for (const stated of heard) {
    if (stated.end !== 'valid') continue;
    if (!equalBytes(stated.coreDigest, coreDigest)) {
      other.add(stated.mspId);
      continue;
    }
    const block = `${String(stated.blockNumber)} ${toHex(stated.blockHash)}`;
    blocks.set(block, (blocks.get(block) ?? new Set()).add(stated.mspId));
  }
  if ([...blocks.values()].some((organisations) => organisations.size >= gate.quorum)) return;
  const described = describe(heard, failures, coreDigest);
  if (other.size >= gate.quorum) throw new SelvedgeError('RESULT_OF_ANOTHER_EXECUTION', `the transaction was committed with another core; ${described}`);
  const denying = new Set(heard.flatMap(({ end, mspId }) => (end === 'valid' ? [] : [mspId])));
  for (const { end, mspId } of heard) if (end === 'valid') denying.delete(mspId);
  if (denying.size > gate.organisations.length - gate.quorum) throw new SelvedgeError('RESULT_NOT_COMMITTED', `the transaction is not committed, as far as these have come; ${described}`);
  throw new SelvedgeError('GATE_QUORUM_NOT_MET', `${String(gate.quorum)} of ${gate.organisations.join(', ')} must state the commit; ${described}`);
}

function describe(heard: readonly StatedCommit[], failures: readonly string[], coreDigest: Uint8Array): string {
  const said = heard.map((stated) => `${stated.mspId}: ${stated.end === 'valid' && !equalBytes(stated.coreDigest, coreDigest) ? describeOther(stated.coreDigest) : stated.end}`);
  return [...new Set([...said, ...failures])].sort().join('; ');
}

function describeOther(coreDigest: Uint8Array): string {
  return coreDigest.length === 0 ? 'valid, and keeps no digest of its core' : 'valid with another core';
}
