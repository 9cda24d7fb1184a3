import { randomBytes } from 'node:crypto';
import type { Marker } from './search.js';

/** What the client keeps secret, each marked so that it can be told apart wherever it turns up. */
export const SECRET_NAMES = [
  'argument',
  'key',
  'value',
  'publicKey',
  'publicValue',
  'transientName',
  'transientValue',
  'objectType',
  'attribute',
  'startKey',
  'eventName',
  'eventPayload',
  'printed',
  'errorText',
  'functionName',
  'collectionName',
  'crash',
] as const;
export type Secrets = Readonly<Record<(typeof SECRET_NAMES)[number], string>>;

/** Letters and digits only, so that no escaping changes them; fresh, so that nothing else can hold them. */
export function createSecrets(): Secrets {
  return Object.fromEntries(SECRET_NAMES.map((name) => [name, `c${randomBytes(10).toString('hex')}${name.slice(0, 9)}`])) as Secrets;
}

export function markersOf(secrets: Secrets): Marker[] {
  return SECRET_NAMES.map((name) => ({ name, content: secrets[name] }));
}
