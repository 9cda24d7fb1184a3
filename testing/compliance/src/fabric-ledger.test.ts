import { missingFabricBinaries } from '@selvedge/dev-network';
import { it } from 'vitest';
import { createFabricLedger } from './fabric-ledger.js';
import { describeLedgerSemantics } from './ledger-suite.js';

const missing = missingFabricBinaries();
if (missing.length > 0) {
  // Skipped because Fabric's programs come from beside the project, and a fresh machine has not got them; the same suite runs on the
  // embedded ledger everywhere.
  const reason = `its programs are not on PATH: ${missing.join(', ')}`;
  console.warn(`skipped: ledger semantics on Hyperledger Fabric, because ${reason}`);
  it('ledger semantics on Hyperledger Fabric', ({ skip }) => {
    skip(reason);
  });
} else describeLedgerSemantics('Hyperledger Fabric', createFabricLedger, { timeoutMs: 180_000 });
