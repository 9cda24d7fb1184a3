import { SelvedgeError } from '@selvedge/errors';

/** Bytes of a policy's text. */
const MAX_POLICY_CHARACTERS = 8192;

export interface Token {
  readonly kind: 'name' | 'number' | 'principal' | '(' | ')' | ',';
  readonly text: string;
  /** Character of the text, from 1. */
  readonly position: number;
}

const PATTERN = /\s*(?:(?<name>[A-Za-z]+)|(?<number>[0-9]{1,4})(?![0-9])|'(?<single>[^']*)'|"(?<double>[^"]*)"|(?<mark>[(),]))/y;

/** POLICY_MALFORMED with the position. */
export function malformedAt(position: number, what: string): SelvedgeError {
  return new SelvedgeError('POLICY_MALFORMED', `endorsement policy, character ${String(position)}: ${what}`, { details: { position } });
}

/** Splits Fabric's notation. Throws POLICY_MALFORMED. */
export function readTokens(text: string): Token[] {
  if (text.length > MAX_POLICY_CHARACTERS) throw malformedAt(MAX_POLICY_CHARACTERS + 1, `longer than ${String(MAX_POLICY_CHARACTERS)} characters`);
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  const pattern = new RegExp(PATTERN);
  while (pattern.lastIndex < end) {
    const start = pattern.lastIndex;
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) throw malformedAt(start + 1 + leadingSpace(text.slice(start)), 'not a name, number, quoted principal, bracket or comma');
    tokens.push(toToken(groups, start + 1 + leadingSpace(text.slice(start))));
  }
  return tokens;
}

function toToken(groups: Record<string, string | undefined>, position: number): Token {
  if (groups.name !== undefined) return { kind: 'name', text: groups.name, position };
  if (groups.number !== undefined) return { kind: 'number', text: groups.number, position };
  if (groups.mark !== undefined) return { kind: groups.mark as '(' | ')' | ',', text: groups.mark, position };
  return { kind: 'principal', text: groups.single ?? groups.double ?? '', position };
}

function leadingSpace(text: string): number {
  return text.length - text.trimStart().length;
}
