import { keyAccessRulesSchema, type KeyAccessRuleJson } from '@selvedge/contract-package';
import { SelvedgeError } from '@selvedge/errors';
import { z } from 'zod';
import { parseYaml } from './profile-file.js';
import { readInput } from './read-file.js';

const fileSchema = z.strictObject({ keyAccess: keyAccessRulesSchema });

/** Rules of a contract out of a file. Throws MANIFEST_INVALID naming the field, PROFILE_INVALID for what is no YAML, LIMIT_EXCEEDED, INVALID_CONFIGURATION. */
export async function readKeyAccessFile(file: string): Promise<KeyAccessRuleJson[]> {
  const parsed = fileSchema.safeParse(parseYaml(await readInput(file), file));
  if (parsed.success) return parsed.data.keyAccess;
  const [issue] = parsed.error.issues;
  throw new SelvedgeError('MANIFEST_INVALID', `${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`, { role: 'cli' });
}
