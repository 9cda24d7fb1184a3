import type { MessageInitShape } from '@bufbuild/protobuf';
import { fromHex } from '@selvedge/crypto';
import type { KeyAccessRuleSchema } from '@selvedge/protocol';
import { z } from 'zod';

const mspId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/, 'is not an MSP id');
const nodeId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'is not a node id: letters, digits, "_", "." and "-", 128 at most');
const certificateHash = z.string().regex(/^[0-9a-fA-F]{64}$/, 'is not the SHA-256 of a certificate: 64 hexadecimal digits');
const operatorName = z.string().regex(/^[^\p{Cc}\p{Cf}]{1,64}$/u, 'is not a common name: 1 to 64 characters');
const listOf = <T extends z.ZodType>(item: T) => z.array(item).max(64).optional();

/** A key access rule in JSON or YAML: the wire's fields in camel case, hashes as hex. */
export const keyAccessRuleSchema = z
  .strictObject({
    role: z.enum(['compute', 'viewer']),
    operatorMspId: mspId,
    nodeIds: listOf(nodeId),
    operatorCertificates: listOf(certificateHash),
    operatorNames: listOf(operatorName),
    purposes: listOf(z.enum(['state', 'events'])),
  })
  .refine(({ role, purposes = [] }) => role === 'viewer' || purposes.length === 0, { path: ['purposes'], message: 'are for viewers: a compute node needs every key' });

/** The rules of one contract. */
export const keyAccessRulesSchema = z.array(keyAccessRuleSchema).max(64);

export type KeyAccessRuleJson = z.infer<typeof keyAccessRuleSchema>;

/** A rule as profiles and policies have it. */
export function keyAccessRuleOf({ role, operatorMspId, nodeIds = [], operatorCertificates = [], operatorNames = [], purposes = [] }: KeyAccessRuleJson): MessageInitShape<typeof KeyAccessRuleSchema> {
  return { role, operatorMspId, nodeIds, operatorCertificates: operatorCertificates.map(fromHex), operatorNames, purposes };
}
