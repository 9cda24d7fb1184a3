import type { NodeRole } from '@selvedge/identity';

/** Role of a principal: a node role, or any member of the organisation. */
export type PrincipalRole = NodeRole | 'member';

/** "Org.role": a signature by this role of this organisation. */
export interface PrincipalRule {
  readonly kind: 'principal';
  readonly mspId: string;
  readonly role: PrincipalRole;
}

/** n of the rules. AND is n = all, OR is n = 1. */
export interface OutOfRule {
  readonly kind: 'out-of';
  readonly n: number;
  readonly rules: readonly EndorsementRule[];
}

export type EndorsementRule = PrincipalRule | OutOfRule;

/** A parsed endorsement policy. */
export interface EndorsementPolicy {
  readonly rule: EndorsementRule;
  /** MSP ids that it names, sorted and unique. */
  readonly mspIds: readonly string[];
}
