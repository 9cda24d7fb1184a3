import { SelvedgeError } from '@selvedge/errors';
import { z } from 'zod';

const metadataSchema = z.strictObject({
  format: z.literal('selvedge-contract-package/1'),
  name: z.string().min(1).max(64),
  version: z.string().min(1).max(64),
  codeHash: z.string().regex(/^[0-9a-f]{64}$/),
});

/** What a package says of itself. Whoever unpacks it checks all of it against the tree. */
export type PackageMetadata = Omit<z.infer<typeof metadataSchema>, 'format'>;

/** Equal metadata gives equal bytes. */
export function encodeMetadata({ name, version, codeHash }: PackageMetadata): Uint8Array {
  return Buffer.from(`${JSON.stringify({ format: 'selvedge-contract-package/1', name, version, codeHash })}\n`);
}

/** Throws PACKAGE_INVALID. */
export function parseMetadata(bytes: Uint8Array): PackageMetadata {
  try {
    return metadataSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw new SelvedgeError('PACKAGE_INVALID', 'its metadata is not that of a contract package, or of another release', { cause });
  }
}
