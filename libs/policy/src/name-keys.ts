import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { encodeMessage, LIMITS, NameKeyCommitmentSchema, NameKeysSchema, parseMessage, requireAtMost, SignedNameKeyCommitmentSchema, type NameKeyCommitment, type NamesInUse } from '@selvedge/protocol';
import { facts, type FactReader } from './facts.js';

/** The name key's epoch before any migration. */
export const FIRST_NAME_EPOCH = 1n;

/** Name keys that one contract may have had: each stays on the ledger for the sake of histories. */
const MAX_NAME_EPOCHS = 1_000;

/**
 * settled: all entries lie under the current names. copying: they are copied to the other ones. clearing: what lies under
 * the other ones ends there. In the last two the contract takes no updates.
 */
export type NamePhase = 'settled' | 'copying' | 'clearing';

/** Under which epochs of its name key a contract's ledger keys and dataset tags are derived. */
export interface ContractNames {
  readonly phase: NamePhase;
  readonly current: bigint;
  /** What a migration goes to, or what it clears; undefined: none is under way. */
  readonly other: bigint | undefined;
  /** Were current before, ascending: histories go on there. */
  readonly former: readonly bigint[];
  /** The newest that a migration has opened: one that was given up is not used again. */
  readonly newest: bigint;
  /** SignedNameKeyCommitment bytes of the epochs 2, 3, ... */
  readonly commitments: readonly Uint8Array[];
}

const FIRST_NAMES: ContractNames = { phase: 'settled', current: FIRST_NAME_EPOCH, other: undefined, former: [], newest: FIRST_NAME_EPOCH, commitments: [] };

// A fact's bytes stay the same object until it changes.
const parsed = new WeakMap<Uint8Array, ContractNames>();

/** A contract's names as the ledger has them. Throws MALFORMED_MESSAGE, MESSAGE_TOO_LARGE, LIMIT_EXCEEDED. */
export function readContractNames(reader: FactReader, contract: string): ContractNames {
  const fact = reader.fact(facts.nameKeys(contract));
  if (fact === undefined) return FIRST_NAMES;
  const known = parsed.get(fact);
  if (known !== undefined) return known;
  const names = parseContractNames(fact);
  parsed.set(fact, names);
  return names;
}

/** Parses NameKeys bytes. Throws as readContractNames. */
export function parseContractNames(value: Uint8Array): ContractNames {
  const { current, other, clearing, former, commitments } = parseMessage(NameKeysSchema, value, LIMITS.maxFactBytes);
  requireAtMost('name keys', commitments.length, MAX_NAME_EPOCHS);
  const newest = FIRST_NAME_EPOCH + BigInt(commitments.length);
  const isWhole = current >= FIRST_NAME_EPOCH && current <= newest && other <= newest && other !== current && !(clearing && other === 0n);
  if (!isWhole) throw new SelvedgeError('MALFORMED_MESSAGE', 'name keys: epochs that do not belong together');
  const phase = other === 0n ? 'settled' : clearing ? 'clearing' : 'copying';
  return { phase, current, other: other === 0n ? undefined : other, former, newest, commitments };
}

/** NameKeys bytes. */
export function encodeContractNames({ phase, current, other = 0n, former, commitments }: ContractNames): Uint8Array {
  return encodeMessage(NameKeysSchema, { current, other, clearing: phase === 'clearing', former: [...former], commitments: [...commitments] });
}

/** A step of a migration. open needs a commitment; abort gives a migration up that copies still. */
export type NameStep = { readonly step: 'open'; /** SignedNameKeyCommitment bytes of the next epoch. */ readonly commitment: Uint8Array } | { readonly step: 'switch' | 'abort' | 'finish' };

/**
 * Names after a step; undefined where the phase does not allow it: settled → open → copying → switch or abort →
 * clearing → finish → settled. Nothing goes back: what a switch left behind is copied while it is cleared.
 */
export function namesAfter(names: ContractNames, step: NameStep): ContractNames | undefined {
  const { phase, current, other, former, newest, commitments } = names;
  if (step.step === 'open') return phase === 'settled' ? { ...names, phase: 'copying', other: newest + 1n, newest: newest + 1n, commitments: [...commitments, step.commitment] } : undefined;
  if (step.step === 'finish') return phase === 'clearing' ? { ...names, phase: 'settled', other: undefined } : undefined;
  if (phase !== 'copying' || other === undefined) return undefined;
  return step.step === 'abort' ? { ...names, phase: 'clearing' } : { ...names, phase: 'clearing', current: other, other: current, former: [...former, current] };
}

/** Whether the second comes after the first by one step. */
export function isNameStep(before: ContractNames, after: ContractNames): boolean {
  const opened = after.commitments.at(-1);
  const steps: NameStep[] = [{ step: 'switch' }, { step: 'abort' }, { step: 'finish' }, ...(opened === undefined ? [] : [{ step: 'open', commitment: opened } as const])];
  const value = encodeContractNames(after);
  return steps.some((step) => {
    const expected = namesAfter(before, step);
    return expected !== undefined && equalBytes(encodeContractNames(expected), value);
  });
}

/** Takes SignedNameKeyCommitment bytes apart; the signature is not checked. Throws MALFORMED_MESSAGE, MESSAGE_TOO_LARGE. */
export function parseNameKeyCommitment(signed: Uint8Array): { readonly message: NameKeyCommitment; readonly bytes: Uint8Array; readonly signature: Uint8Array } {
  const { commitment: bytes, signature } = parseMessage(SignedNameKeyCommitmentSchema, signed, LIMITS.maxHeaderBytes);
  return { message: parseMessage(NameKeyCommitmentSchema, bytes, LIMITS.maxHeaderBytes), bytes, signature };
}

/** Epochs whose name keys nodes have a use for, ascending: what is in use and what histories go on under. */
export function namesToHold({ current, other, former }: ContractNames): bigint[] {
  return [...new Set([...former, current, ...(other === undefined ? [] : [other])])].sort((a, b) => (a < b ? -1 : 1));
}

/**
 * Whether what was executed under some names stands. migrating: a migration is under way, and it is no part of it; changed: a
 * migration has gone on since. @param executed of a core's section; undefined: the first names
 */
export function standingOfNames(reader: FactReader, contract: string, executed: Pick<NamesInUse, 'current' | 'other' | 'clearing'> = { current: FIRST_NAME_EPOCH, other: 0n, clearing: false }): 'current' | 'migrating' | 'changed' {
  const { phase, current, other = 0n } = readContractNames(reader, contract);
  if (executed.current === current && executed.other === other && executed.clearing === (phase === 'clearing')) return 'current';
  return phase !== 'settled' && executed.other === 0n ? 'migrating' : 'changed';
}
