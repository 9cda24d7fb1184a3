import { missingFabricBinaries } from '@selvedge/dev-network';
import { it } from 'vitest';
import { createFabricLedger } from './fabric-ledger.js';
import { describeLedgerSemantics } from './ledger-suite.js';

const missing = missingFabricBinaries();
if (missing.length > 0) it.skip(`ledger semantics: Hyperledger Fabric (not on PATH: ${missing.join(', ')})`, () => undefined);
else describeLedgerSemantics('Hyperledger Fabric', createFabricLedger, { timeoutMs: 180_000 });
