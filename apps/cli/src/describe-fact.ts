import { toJson as messageToJson, type DescMessage, type JsonValue } from '@bufbuild/protobuf';
import { toHex } from '@selvedge/crypto';
import { profileToJson } from '@selvedge/policy';
import { BrokerRootSchema, ContractPolicySchema, KeyCommitmentsSchema, LIMITS, NameKeysSchema, parseMessage, RevocationListsSchema, SignedKeyCommitmentsSchema, SignedProfileSchema } from '@selvedge/protocol';

/** A fact's value in readable form: by its key's kind, else as text, else as hex. */
export function describeFact(key: string, value: Uint8Array): unknown {
  if (key === 'profile') return profileToJson(parseMessage(SignedProfileSchema, value, LIMITS.maxProfileBytes).profile);
  if (key === 'broker-root' || key.startsWith('epoch/@channel/')) return readable(BrokerRootSchema, value);
  if (key.startsWith('contract/')) return readable(ContractPolicySchema, value);
  if (key.startsWith('name-keys/')) return readable(NameKeysSchema, value);
  if (/^(?:channel\/)?revocation-lists\//.test(key)) return readable(RevocationListsSchema, value, LIMITS.maxProfileBytes);
  if (key.startsWith('epoch/')) return readable(KeyCommitmentsSchema, parseMessage(SignedKeyCommitmentsSchema, value, LIMITS.maxFactBytes).commitments);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(value);
  } catch {
    return toHex(value);
  }
}

/** protobuf's JSON, with its base64 bytes as they are. */
function readable(schema: DescMessage, bytes: Uint8Array, maxBytes: number = LIMITS.maxFactBytes): JsonValue {
  return messageToJson(schema, parseMessage(schema, bytes, maxBytes));
}
