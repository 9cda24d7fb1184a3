import path from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import type { CollateralSource } from '../collateral/folder.js';
import { SEV_SNP_TEE_TYPE } from '../sev-snp/verifier.js';
import { machineFiles, readText, type AttestationFiles } from './files.js';
import { createHardwareAttester, type HardwareAttester, type Quoted } from './hardware.js';

export interface TsmAttesterInput {
  readonly teeType: 'tdx' | 'sev-snp';
  readonly collateral: CollateralSource;
  readonly now: () => Date;
  /** Names a report's folder: another one each time. */
  readonly newName: () => string;
  /** SEV-SNP: the VMPL to ask from, where another than the guest's own is wanted. */
  readonly privilegeLevel?: number;
  /** Where configfs has it; for tests. */
  readonly folder?: string;
  readonly files?: AttestationFiles;
}

const MAX_OUTBLOB_BYTES = 32 * 1024;
const MAX_AUXBLOB_BYTES = 64 * 1024;
/** Names of the kernel's drivers, as "provider" gives them. */
const PROVIDERS = { tdx: 'tdx_guest', 'sev-snp': 'sev_guest' } as const;
const MAX_ATTEMPTS = 3;

/**
 * The attester of a TDX or SEV-SNP guest by configfs-tsm (Linux, Documentation/ABI/testing/configfs-tsm-report): a folder of its own
 * for each report, and a look at "generation", which counts the writes, so that no report of another request is taken.
 * Evidence fails with ATTESTATION_UNAVAILABLE, ATTESTATION_CONFLICT, COLLATERAL_*.
 */
export function createTsmAttester(input: TsmAttesterInput): HardwareAttester {
  const { teeType, collateral, now, newName, folder = '/sys/kernel/config/tsm/report', files = machineFiles } = input;
  const quoteOf = async (reportData: Uint8Array): Promise<Quoted> => {
    const entry = path.join(folder, newName());
    await files.makeFolder(entry);
    try {
      return await report(entry, reportData, input, files);
    } finally {
      await files.removeFolder(entry);
    }
  };
  return createHardwareAttester({ teeType, quoteOf, collateral, now });
}

async function report(entry: string, reportData: Uint8Array, { teeType, privilegeLevel }: TsmAttesterInput, files: AttestationFiles): Promise<Quoted> {
  const file = (name: string): string => path.join(entry, name);
  const provider = await readText(files, file('provider'));
  if (provider !== PROVIDERS[teeType]) throw new SelvedgeError('ATTESTATION_UNAVAILABLE', `the kernel attests by ${JSON.stringify(provider.slice(0, 32))}, ${PROVIDERS[teeType]} is needed for ${teeType}`);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const before = await generationOf(files, file('generation'));
    let writes = 1n;
    if (privilegeLevel !== undefined) {
      await files.write(file('privlevel'), Buffer.from(String(privilegeLevel)));
      writes += 1n;
    }
    await files.write(file('inblob'), reportData);
    const quote = await files.read(file('outblob'), MAX_OUTBLOB_BYTES);
    // Firmware that gives no certificates leaves it empty.
    const hostCertificates = teeType === SEV_SNP_TEE_TYPE ? await files.read(file('auxblob'), MAX_AUXBLOB_BYTES) : undefined;
    if ((await generationOf(files, file('generation'))) === before + writes) return { quote, hostCertificates };
  }
  throw new SelvedgeError('ATTESTATION_CONFLICT', `somebody else wrote to ${entry} while a report was made, ${String(MAX_ATTEMPTS)} times`);
}

async function generationOf(files: AttestationFiles, file: string): Promise<bigint> {
  const text = await readText(files, file);
  if (!/^\d{1,20}$/.test(text)) throw new SelvedgeError('ATTESTATION_UNAVAILABLE', `${file} holds no number`);
  return BigInt(text);
}
