import { readFileSync } from 'node:fs';
import type { ServedPlaintext } from '@selvedge/protocol';

/** What a business node may make of a value that it keeps in plaintext. */
export const LIES = ['value', 'key', 'hash', 'copies'] as const;
export type Lie = (typeof LIES)[number];

/** Which lie the file that SELVEDGE_LIE names asks for now; none while there is no such file, as for an honest node. */
function presentLie(): string {
  try {
    return readFileSync(process.env.SELVEDGE_LIE ?? '', 'utf8');
  } catch {
    return '';
  }
}

/** Runs in the test's own build of the business node, on each value that it is about to serve. */
export function lieAboutValue(served: ServedPlaintext): ServedPlaintext {
  switch (presentLie()) {
    case 'value':
      return { ...served, value: Buffer.concat([served.value, Buffer.from('0')]) };
    case 'key':
      return { ...served, key: `${served.key}0` };
    case 'hash':
      return { ...served, packetHash: served.packetHash.map((byte) => byte ^ 1) };
    case 'copies':
      return { ...served, ownerCopies: [] };
    default:
      return served;
  }
}

/** What a business node may make of a value in a collection that is taken over. */
export const LEGACY_LIES = ['legacy value', 'legacy absent'] as const;
export type LegacyLie = (typeof LEGACY_LIES)[number];

/** The same for values of collections that are taken over. */
export function lieAboutLegacy(value: Uint8Array): Uint8Array | undefined {
  switch (presentLie()) {
    case 'legacy value':
      return Buffer.concat([value, Buffer.from('0')]);
    case 'legacy absent':
      return undefined;
    default:
      return value;
  }
}
