import { createEmbeddedLedger } from './embedded-ledger.js';
import { describeLedgerSemantics } from './ledger-suite.js';

describeLedgerSemantics('embedded', (consortium) => createEmbeddedLedger(consortium));
