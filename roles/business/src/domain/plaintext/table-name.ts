import { labelledHash, toHex } from '@selvedge/crypto';

/** PostgreSQL cuts longer identifiers silently, so that two could become one. */
export const MAX_IDENTIFIER_BYTES = 63;
const DIGEST_HEX = 8;

/**
 * Names for the table of a dataset, the better one first; whoever creates it takes the first that is free. Both are legal
 * without quotes, of letters, digits and underscores, so that they are easy to type: `auroraStones` of `secured-trade` is
 * `secured_trade__aurora_stones`, the dataset without a name `secured_trade__state`. The second ends with a digest of the
 * exact names; it stands alone where the first would be too long.
 */
export function tableNames(contract: string, dataset: string): string[] {
  const plain = `${withoutLeadingDigit(snakeCase(contract))}__${snakeCase(dataset) || 'state'}`;
  const digest = toHex(labelledHash('plaintext table', contract, dataset)).slice(0, DIGEST_HEX);
  const exact = `${cut(plain, MAX_IDENTIFIER_BYTES - DIGEST_HEX - 1)}_${digest}`;
  return Buffer.byteLength(plain) <= MAX_IDENTIFIER_BYTES ? [plain, exact] : [exact];
}

/** Capitals in ASCII alone: PostgreSQL folds no others. */
function snakeCase(name: string): string {
  return name
    .normalize('NFC')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '');
}

function withoutLeadingDigit(name: string): string {
  return name === '' || /^\p{N}/u.test(name) ? `_${name}` : name;
}

function cut(name: string, maxBytes: number): string {
  let bytes = 0;
  let end = '';
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    end += character;
  }
  return end;
}
