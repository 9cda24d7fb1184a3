import type { MessageInitShape } from '@bufbuild/protobuf';
import { SelvedgeError } from '@selvedge/errors';
import {
  encodeMessage, LIMITS, MspRoleSchema, MspRoleType, parseMessage, SignaturePolicyEnvelopeSchema, type ContractPolicy, type MspPrincipal, type SignaturePolicy, type SignaturePolicyEnvelope, type SignaturePolicySchema,
} from '@selvedge/protocol';
import type { EndorsementPolicy, EndorsementRule, PrincipalRole, PrincipalRule } from './ast.js';

const ROLES: ReadonlyMap<MspRoleType, PrincipalRole> = new Map([
  [MspRoleType.MEMBER, 'member'],
  [MspRoleType.ADMIN, 'admin'],
  [MspRoleType.CLIENT, 'client'],
  [MspRoleType.PEER, 'peer'],
  [MspRoleType.ORDERER, 'orderer'],
]);
/** msp.MSPPrincipal.Classification */
const ROLE = 0;
const MAX_DEPTH = 16;
const MAX_RULES = 256;

/** What a contract's policy says of key-level endorsement policies. */
export type KeyPolicyTerms = Pick<ContractPolicy, 'organisationMap'>;

/** Whether a contract may set key-level policies: where no organisation is mapped, none could be carried out. */
export function keepsKeyPolicies({ organisationMap }: KeyPolicyTerms): boolean {
  return organisationMap.length > 0;
}

/**
 * The endorsement policy that a key-level policy of a contract comes to: its organisations are the contract's own and
 * endorse through those that the manifest maps them to. It holds beside the owner set's policy and never replaces it.
 * bytes: SignaturePolicyEnvelope. undefined for empty bytes: the key has no policy. Throws KEY_POLICY_MALFORMED,
 * KEY_POLICY_UNMAPPED for an organisation without an endorser, or for two that would endorse as one.
 */
export function mapKeyPolicy(bytes: Uint8Array, { organisationMap }: KeyPolicyTerms): EndorsementPolicy | undefined {
  if (bytes.length === 0) return undefined;
  const rule = parseRule(parseEnvelope(bytes));
  const mapping = new Map(organisationMap.map(({ chaincodeMspId, endorserMspId }) => [chaincodeMspId, endorserMspId]));
  const named = [...new Set(mspIdsOf(rule))];
  const endorsers = named.map((mspId) => {
    const endorser = mapping.get(mspId);
    if (endorser === undefined) throw new SelvedgeError('KEY_POLICY_UNMAPPED', `the organisation map of the manifest has no endorser organisation for ${mspId}`);
    return endorser;
  });
  // One signature counts once within a policy, so two organisations behind one endorser could never be satisfied.
  if (new Set(endorsers).size < endorsers.length) throw new SelvedgeError('KEY_POLICY_UNMAPPED', `the organisation map of the manifest gives ${named.join(' and ')} one endorser organisation`);
  return { rule: mapRule(rule, mapping), mspIds: endorsers.sort() };
}

/** SignaturePolicyEnvelope bytes of a policy, as Fabric's peers evaluate it; equal policies give equal bytes. */
export function encodeSignaturePolicy({ rule }: EndorsementPolicy): Uint8Array {
  const principals: PrincipalRule[] = [];
  const encodeRule = (part: EndorsementRule): MessageInitShape<typeof SignaturePolicySchema> => {
    if (part.kind === 'out-of') return { type: { case: 'nOutOf', value: { n: part.n, rules: part.rules.map(encodeRule) } } };
    const known = principals.findIndex(({ mspId, role }) => mspId === part.mspId && role === part.role);
    if (known < 0) principals.push(part);
    return { type: { case: 'signedBy', value: known < 0 ? principals.length - 1 : known } };
  };
  const encoded = encodeRule(rule);
  const identities = principals.map(({ mspId, role }) => ({ principalClassification: ROLE, principal: encodeMessage(MspRoleSchema, { mspIdentifier: mspId, role: roleNumber(role) }) }));
  return encodeMessage(SignaturePolicyEnvelopeSchema, { version: 0, rule: encoded, identities });
}

function parseEnvelope(bytes: Uint8Array): SignaturePolicyEnvelope {
  try {
    return parseMessage(SignaturePolicyEnvelopeSchema, bytes, LIMITS.maxKeyPolicyBytes);
  } catch (cause) {
    throw malformed('it does not parse as a signature policy, or is too large', cause);
  }
}

function parseRule({ version, rule, identities }: SignaturePolicyEnvelope): EndorsementRule {
  if (version !== 0) throw malformed(`version ${String(version)}`);
  const principals = identities.map(parsePrincipal);
  let rules = 0;
  const parse = (part: SignaturePolicy | undefined, depth: number): EndorsementRule => {
    rules += 1;
    if (rules > MAX_RULES) throw malformed(`more than ${String(MAX_RULES)} parts`);
    if (depth > MAX_DEPTH) throw malformed(`nested deeper than ${String(MAX_DEPTH)}`);
    switch (part?.type.case) {
      case 'signedBy': {
        const principal = principals[part.type.value];
        if (principal === undefined) throw malformed('it names a principal that is not there');
        return principal;
      }
      case 'nOutOf': {
        const { n, rules: parts } = part.type.value;
        if (n < 0 || n > parts.length) throw malformed(`${String(n)} of ${String(parts.length)} parts`);
        return { kind: 'out-of', n, rules: parts.map((inner) => parse(inner, depth + 1)) };
      }
      default:
        throw malformed('a part without a rule');
    }
  };
  return parse(rule, 1);
}

function parsePrincipal({ principalClassification, principal }: MspPrincipal): PrincipalRule {
  if (principalClassification !== ROLE) throw malformed('a principal that is no role of an organisation');
  let parsed;
  try {
    parsed = parseMessage(MspRoleSchema, principal, LIMITS.maxKeyPolicyBytes);
  } catch (cause) {
    throw malformed('a principal does not parse', cause);
  }
  const role = ROLES.get(parsed.role);
  if (role === undefined) throw malformed('a principal of an unknown role');
  return { kind: 'principal', mspId: parsed.mspIdentifier, role };
}

function mspIdsOf(rule: EndorsementRule): string[] {
  return rule.kind === 'principal' ? [rule.mspId] : rule.rules.flatMap(mspIdsOf);
}

function mapRule(rule: EndorsementRule, mapping: ReadonlyMap<string, string>): EndorsementRule {
  if (rule.kind === 'out-of') return { ...rule, rules: rule.rules.map((inner) => mapRule(inner, mapping)) };
  return { ...rule, mspId: mapping.get(rule.mspId) ?? '' };
}

function roleNumber(role: PrincipalRole): MspRoleType {
  return [...ROLES].find(([, name]) => name === role)?.[0] ?? MspRoleType.MEMBER;
}

function malformed(why: string, cause?: unknown): SelvedgeError {
  return new SelvedgeError('KEY_POLICY_MALFORMED', `key-level endorsement policy: ${why}`, { cause });
}
