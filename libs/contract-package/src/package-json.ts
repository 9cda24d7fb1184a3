import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { z } from 'zod';

// Packages in the wild have empty names and mains, and lists where a record belongs; only what is used is checked.
const optionalText = z.string().min(1).optional().catch(undefined);
const dependencies = z.record(z.string().min(1), z.string()).or(z.array(z.unknown()).length(0).transform(() => ({}))).optional();

const schema = z.object({
  name: optionalText,
  version: optionalText,
  main: optionalText,
  scripts: z.record(z.string(), z.unknown()).optional().catch(undefined),
  bin: z.union([z.string(), z.record(z.string(), z.string())]).optional().catch(undefined),
  dependencies,
  optionalDependencies: dependencies,
  peerDependencies: dependencies,
});

/** What a package.json tells of a package. */
export type PackageJson = z.infer<typeof schema>;

const MAX_BYTES = 1024 * 1024;

/**
 * Reads and checks a JSON file of a package against a schema.
 *
 * @returns undefined when the file is absent
 * @throws SelvedgeError MANIFEST_INVALID naming the file and the field
 */
export async function readJsonFile<Output>(directory: string, name: string, fileSchema: z.ZodType<Output>): Promise<Output | undefined> {
  let text: string;
  try {
    text = await readFile(join(directory, name), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SelvedgeError('MANIFEST_INVALID', `${name} cannot be read`, { cause: error });
  }
  if (text.length > MAX_BYTES) throw new SelvedgeError('MANIFEST_INVALID', `${name} is larger than ${String(MAX_BYTES)} bytes`);
  return parseJsonText(text, name, fileSchema);
}

/** Parses JSON text against a schema. Throws SelvedgeError MANIFEST_INVALID with the path of every wrong field. */
export function parseJsonText<Output>(text: string, name: string, fileSchema: z.ZodType<Output>): Output {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SelvedgeError('MANIFEST_INVALID', `${name} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const result = fileSchema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.') || '(top level)'}: ${issue.message}`);
  throw new SelvedgeError('MANIFEST_INVALID', `${name}: ${problems.join('; ')}`, { cause: result.error });
}

/** Reads a directory's package.json; undefined when there is none. Throws SelvedgeError MANIFEST_INVALID. */
export async function readPackageJson(directory: string): Promise<PackageJson | undefined> {
  return readJsonFile(directory, 'package.json', schema);
}
