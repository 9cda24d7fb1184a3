import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSimulatedAttester } from '#simulated';
import { SelvedgeError } from '@selvedge/errors';
import { createTsmAttester } from '../attesters/configfs-tsm.js';
import { machineFiles, type AttestationFiles } from '../attesters/files.js';
import { createGramineAttester } from '../attesters/gramine.js';
import type { HardwareAttester } from '../attesters/hardware.js';
import { createCollateralFolder } from '../collateral/folder.js';
import { measureFile } from '../measurement.js';
import type { Attester } from '../types.js';
import type { TeeConfig } from './config.js';

/** The TEE that this process runs in. */
export interface OwnTee {
  readonly attester: Attester;
  readonly measurement: Uint8Array;
  readonly isSimulated: boolean;
}

export interface OwnTeeInput {
  readonly tee: TeeConfig;
  /** The bundle that runs: what a simulated TEE measures. */
  readonly codeFile: string;
  /** Whether an inspector is open. */
  readonly isInspected: boolean;
  readonly now: () => Date;
  /** For tests. */
  readonly files?: AttestationFiles;
}

/**
 * Opens the configured TEE; one of hardware must give a quote at once, so that a process outside of it does not start.
 * Throws INVALID_CONFIGURATION, ATTESTATION_UNAVAILABLE, EVIDENCE_MALFORMED, and in a production build SIMULATED_TEE_REFUSED.
 */
export async function openTee(input: OwnTeeInput): Promise<OwnTee> {
  const { tee, codeFile, isInspected } = input;
  if (tee.kind !== 'simulated') {
    const attester = openHardware(tee, input);
    return { attester, measurement: await attester.measure(), isSimulated: false };
  }
  const measurement = measureFile(codeFile, process.version);
  const attester = createSimulatedAttester({ platformKeyPem: readText(tee.platformKeyFile), platformCertificatePem: readText(tee.platformCertificateFile), measurement, debug: isInspected });
  return { attester, measurement, isSimulated: true };
}

function openHardware(tee: Exclude<TeeConfig, { readonly kind: 'simulated' }>, { now, files = machineFiles }: OwnTeeInput): HardwareAttester {
  const common = { collateral: createCollateralFolder(tee.collateral), now, files };
  if (tee.kind === 'gramine') return createGramineAttester(common);
  const privilegeLevel = tee.kind === 'sev-snp' && tee.privilegeLevel !== undefined ? { privilegeLevel: tee.privilegeLevel } : {};
  return createTsmAttester({ ...common, ...privilegeLevel, teeType: tee.kind, newName: () => `selvedge-${randomUUID()}` });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `cannot read ${file}`, { cause });
  }
}
