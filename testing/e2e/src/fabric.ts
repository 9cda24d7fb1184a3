import { missingFabricBinaries } from '@selvedge/dev-network';

/** What tests on Hyperledger Fabric lack here, in one line that is also printed; undefined when they can run. */
export function fabricMissing(): string | undefined {
  const missing = missingFabricBinaries();
  if (missing.length === 0) return undefined;
  const line = `skipped: Hyperledger Fabric’s programs are not on PATH: ${missing.join(', ')}`;
  console.warn(line);
  return line;
}
