import path from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import type { CollateralSource } from '../collateral/folder.js';
import { machineFiles, readText, type AttestationFiles } from './files.js';
import { createHardwareAttester, type HardwareAttester, type Quoted } from './hardware.js';

export interface GramineAttesterInput {
  readonly collateral: CollateralSource;
  readonly now: () => Date;
  /** Where Gramine has its pseudo-files; for tests. */
  readonly folder?: string;
  readonly files?: AttestationFiles;
}

const MAX_QUOTE_BYTES = 32 * 1024;

/**
 * The attester of an SGX enclave under Gramine, by its pseudo-files (Gramine documentation, "Attestation and Secret Provisioning",
 * low-level interface): what is written to user_report_data is in the quote that is read next.
 * Evidence fails with ATTESTATION_UNAVAILABLE, COLLATERAL_*.
 */
export function createGramineAttester({ collateral, now, folder = '/dev/attestation', files = machineFiles }: GramineAttesterInput): HardwareAttester {
  const file = (name: string): string => path.join(folder, name);
  const quoteOf = async (reportData: Uint8Array): Promise<Quoted> => {
    const type = await readText(files, file('attestation_type'));
    if (type !== 'dcap') throw new SelvedgeError('ATTESTATION_UNAVAILABLE', `Gramine attests by ${JSON.stringify(type.slice(0, 32))}; set sgx.remote_attestation = "dcap" in its manifest`);
    await files.write(file('user_report_data'), reportData);
    return { quote: await files.read(file('quote'), MAX_QUOTE_BYTES) };
  };
  return createHardwareAttester({ teeType: 'sgx', quoteOf: oneAtATime(quoteOf), collateral, now });
}

/** The two files are one device for the whole process: a second request in between would change the first one's report data. */
function oneAtATime(quoteOf: (reportData: Uint8Array) => Promise<Quoted>): (reportData: Uint8Array) => Promise<Quoted> {
  let last: Promise<unknown> = Promise.resolve();
  return (reportData) => {
    const next = last.then(() => quoteOf(reportData));
    last = next.catch(() => undefined);
    return next;
  };
}
