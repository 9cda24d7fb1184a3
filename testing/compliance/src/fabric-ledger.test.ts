import { missingFabricBinaries } from '@selvedge/dev-network';
import { it } from 'vitest';
import { createFabricLedger } from './fabric-ledger.js';
import { describeLedgerSemantics } from './ledger-suite.js';

const missing = missingFabricBinaries();
if (missing.length > 0) {
  // Fabric's programs come from beside the project; the same suite runs on the embedded ledger everywhere.
  const skipped = `skipped: ledger semantics on Hyperledger Fabric, because its programs are not on PATH: ${missing.join(', ')}`;
  console.warn(skipped);
  it.skip(skipped, () => undefined);
} else describeLedgerSemantics('Hyperledger Fabric', createFabricLedger, { timeoutMs: 180_000 });
