import type { RefusalCode } from '@selvedge/errors';

/** Refusals of what was executed with keys or nodes that a rotation or revocation has replaced since. */
const KEY_CHANGES: ReadonlySet<RefusalCode> = new Set<RefusalCode>(['KEY_EPOCH_RETIRED', 'KEY_EPOCH_REVOKED', 'NAME_KEYS_CHANGED', 'OWNER_COPY_MISMATCH', 'TEE_CERTIFICATE_EXPIRED', 'TEE_REVOKED']);

/** Whether the whole request ends well when it is executed again with the keys and nodes of the present. */
export function isKeyChange(code: RefusalCode): boolean {
  return KEY_CHANGES.has(code);
}
