import { suiteByName } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { signAs, type Signer } from '@selvedge/identity';
import { compareText, encodeMessage, LIMITS, OwnerKeysSchema, OwnerKeyStatementSchema, parseMessage, signing, type OwnerKeyStatement } from '@selvedge/protocol';
import { facts, type FactReader } from './facts.js';
import { isStrictlyAscending } from './names.js';
import type { Profile } from './profile.js';

/** Parsed statements by the fact's own bytes: a ledger state keeps one array per fact until it changes. */
const parsed = new WeakMap<Uint8Array, OwnerKeyStatement>();

const malformed = (what: string): SelvedgeError => new SelvedgeError('POLICY_MALFORMED', `owner keys: ${what}`);

/** OwnerKeys bytes: the fact's value, signed by a peer of the organisation. keys: HPKE public keys by suite. */
export function createOwnerKeys(signer: Signer, { network, channel, keys }: { readonly network: string; readonly channel: string; readonly keys: readonly { readonly suite: string; readonly publicKey: Uint8Array }[] }): Uint8Array {
  const sorted = [...keys].sort((a, b) => compareText(a.suite, b.suite));
  const statement = encodeMessage(OwnerKeyStatementSchema, { network, channel, mspId: signer.mspId, keys: sorted });
  return encodeMessage(OwnerKeysSchema, { statement, signature: signAs(signer, signing.ownerKeys(statement)) });
}

/**
 * Checks the value of an organisation's fact: of this network and channel, HPKE keys of known suites, signed by a peer of the same
 * organisation. Throws POLICY_MALFORMED.
 */
export function verifyOwnerKeys(mspId: string, value: Uint8Array, { message, msps }: Profile): void {
  const { statement, signature, fields } = parse(value);
  if (fields.network !== message.network || fields.channel !== message.channel) throw malformed('of another network or channel');
  if (fields.mspId !== mspId) throw malformed(`of ${fields.mspId} under the key of ${mspId}`);
  if (fields.keys.length === 0) throw malformed('none');
  if (!isStrictlyAscending(fields.keys.map(({ suite }) => suite))) throw malformed('not sorted by suite, or two of one suite');
  for (const { suite, epoch, publicKey } of fields.keys) {
    if (!message.allowedSuites.includes(suite)) throw malformed('a suite that the network profile does not allow');
    if (epoch !== 0n) throw malformed('they have no epochs');
    if (!suiteByName(suite).isKemPublicKey(publicKey)) throw malformed(`not a public key of suite ${suite}`);
  }
  let signedBy: string;
  try {
    if (signature === undefined) throw malformed('no signature');
    signedBy = msps.verifySignature(signature, signing.ownerKeys(statement), { role: 'peer' }).mspId;
  } catch (cause) {
    throw new SelvedgeError('POLICY_MALFORMED', 'owner keys: not signed by a peer of the organisation', { cause });
  }
  if (signedBy !== mspId) throw malformed(`signed by a peer of ${signedBy}`);
}

/** The key that copies for an organisation are sealed to; undefined: it has recorded none of that suite. */
export function readOwnerKey(reader: FactReader, mspId: string, suite: string): Uint8Array | undefined {
  const value = reader.fact(facts.ownerKeys(mspId));
  if (value === undefined) return undefined;
  const known = parsed.get(value) ?? parse(value).fields;
  parsed.set(value, known);
  return known.keys.find((key) => key.suite === suite)?.publicKey;
}

function parse(value: Uint8Array) {
  try {
    const { statement, signature } = parseMessage(OwnerKeysSchema, value, LIMITS.maxFactBytes);
    return { statement, signature, fields: parseMessage(OwnerKeyStatementSchema, statement, LIMITS.maxFactBytes) };
  } catch (cause) {
    throw new SelvedgeError('POLICY_MALFORMED', 'owner keys: do not parse, or are too large', { cause });
  }
}
