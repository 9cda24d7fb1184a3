import type { EndorsementPolicy, EndorsementRule, OutOfRule, PrincipalRole, PrincipalRule } from './ast.js';
import { malformedAt, readTokens, type Token } from './tokens.js';

const MAX_DEPTH = 16;
const MAX_RULES = 256;
/** Fabric's: organisation and role, the role last (policydsl). */
const PRINCIPAL = /^(?<mspId>[A-Za-z0-9][A-Za-z0-9.-]{0,63})\.(?<role>member|peer|admin|client|orderer)$/;
/** Fabric takes each gate in three spellings. */
const GATES = { AND: 'and', And: 'and', and: 'and', OR: 'or', Or: 'or', or: 'or', OUTOF: 'out-of', OutOf: 'out-of', outof: 'out-of' } as const;

/**
 * Parses Fabric's notation: AND(…), OR(…), OutOf(n, …), nested, of principals 'Org.role'. A bare principal is no policy,
 * as in Fabric. Throws POLICY_MALFORMED with the position, also when it is nested too deep or too large.
 */
export function parseEndorsementPolicy(text: string): EndorsementPolicy {
  const reader = new Reader(readTokens(text), text.length + 1);
  const rule = reader.readGate(1);
  reader.requireEnd();
  return { rule, mspIds: [...new Set(mspIdsOf(rule))].sort() };
}

/** Prints a policy in Fabric's notation; parsing it gives the same policy. */
export function printEndorsementPolicy(policy: EndorsementPolicy): string {
  return printRule(policy.rule);
}

function printRule(rule: EndorsementRule): string {
  if (rule.kind === 'principal') return `'${rule.mspId}.${rule.role}'`;
  return `OutOf(${String(rule.n)}, ${rule.rules.map(printRule).join(', ')})`;
}

function mspIdsOf(rule: EndorsementRule): string[] {
  return rule.kind === 'principal' ? [rule.mspId] : rule.rules.flatMap(mspIdsOf);
}

class Reader {
  readonly #tokens: readonly Token[];
  readonly #endPosition: number;
  #at = 0;
  #rules = 0;

  constructor(tokens: readonly Token[], endPosition: number) {
    this.#tokens = tokens;
    this.#endPosition = endPosition;
  }

  readGate(depth: number): OutOfRule {
    const name = this.#take('name', 'AND, OR or OutOf');
    if (!Object.hasOwn(GATES, name.text)) throw malformedAt(name.position, 'AND, OR or OutOf expected');
    const gate = GATES[name.text as keyof typeof GATES];
    if (depth > MAX_DEPTH) throw malformedAt(name.position, `nested deeper than ${String(MAX_DEPTH)}`);
    this.#take('(', '"("');
    const count = gate === 'out-of' ? this.#readCount() : undefined;
    const rules = this.#readRules(depth);
    const n = count === undefined ? (gate === 'and' ? rules.length : 1) : Number(count.text);
    if (n < 1 || n > rules.length) throw malformedAt(count?.position ?? name.position, `a number from 1 to ${String(rules.length)} expected`);
    return { kind: 'out-of', n, rules };
  }

  requireEnd(): void {
    const extra = this.#tokens[this.#at];
    if (extra !== undefined) throw malformedAt(extra.position, 'end of the policy expected');
  }

  #readCount(): Token {
    const count = this.#take('number', 'a number');
    this.#take(',', '","');
    return count;
  }

  #readRules(depth: number): EndorsementRule[] {
    const rules: EndorsementRule[] = [];
    do {
      this.#rules += 1;
      if (this.#rules > MAX_RULES) throw malformedAt(this.#position(), `more than ${String(MAX_RULES)} parts`);
      rules.push(this.#peek() === 'principal' ? this.#readPrincipal() : this.readGate(depth + 1));
    } while (this.#skip(','));
    this.#take(')', '"," or ")"');
    return rules;
  }

  #readPrincipal(): PrincipalRule {
    const token = this.#take('principal', 'a principal');
    const groups = PRINCIPAL.exec(token.text)?.groups;
    if (groups === undefined) throw malformedAt(token.position, "'Org.role' with role member, peer, admin, client or orderer expected");
    return { kind: 'principal', mspId: groups.mspId as string, role: groups.role as PrincipalRole };
  }

  #peek(): Token['kind'] | undefined {
    return this.#tokens[this.#at]?.kind;
  }

  #position(): number {
    return this.#tokens[this.#at]?.position ?? this.#endPosition;
  }

  #skip(kind: Token['kind']): boolean {
    if (this.#peek() !== kind) return false;
    this.#at += 1;
    return true;
  }

  #take(kind: Token['kind'], expected: string): Token {
    const token = this.#tokens[this.#at];
    if (token?.kind !== kind) throw malformedAt(this.#position(), `${expected} expected`);
    this.#at += 1;
    return token;
  }
}
