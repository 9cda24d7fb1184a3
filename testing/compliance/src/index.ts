export type { CreateLedger, FollowerUnderTest, LedgerUnderTest } from './ports.js';
export { createEmbeddedLedger } from './embedded-ledger.js';
export { describeLedgerSemantics } from './ledger-suite.js';
export { createTransactionMaker, type MadeTransaction, type TransactionShape } from './transaction-maker.js';
