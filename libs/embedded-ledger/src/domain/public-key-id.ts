import type { KeyObject } from 'node:crypto';

const ids = new WeakMap<KeyObject, string>();

/** Identifies an identity's key: two certificates of one key, or two encodings of one certificate, give the same text. */
export function publicKeyId({ publicKey }: { readonly publicKey: KeyObject }): string {
  let id = ids.get(publicKey);
  if (id === undefined) {
    id = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    ids.set(publicKey, id);
  }
  return id;
}
