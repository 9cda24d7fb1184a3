import { z } from 'zod';

const text = z.string().min(1);
/** Folder of collateral, in the layout of libs/attestation/README.md. */
const collateral = text;

/** Configuration of the TEE that a process runs in. Paths are absolute, or relative to the working directory. */
export const teeConfig = z.discriminatedUnion('kind', [
  /** For development: PEM files of a development platform. */
  z.strictObject({ kind: z.literal('simulated'), platformKeyFile: text, platformCertificateFile: text }),
  /** SGX under Gramine. */
  z.strictObject({ kind: z.literal('gramine'), collateral }),
  /** A guest whose kernel has configfs-tsm. */
  z.strictObject({ kind: z.literal('tdx'), collateral }),
  z.strictObject({
    kind: z.literal('sev-snp'),
    collateral,
    /** VMPL to ask for reports from; the guest's own when left out. */
    privilegeLevel: z.int().min(0).max(3).optional(),
  }),
]);

export type TeeConfig = z.infer<typeof teeConfig>;
