export type { CreateLedger, EndorsedUnderTest, FollowerUnderTest, LedgerUnderTest, Ordered } from './ports.js';
export { createEmbeddedLedger, type EmbeddedLedgerUnderTest } from './embedded-ledger.js';
export { createFabricLedger } from './fabric-ledger.js';
export { describeLedgerSemantics } from './ledger-suite.js';
export { createTargetMaker, type MadeTargetData, type TargetShape } from './target-maker.js';
export { createTransactionMaker, type MadeTransaction, type TransactionShape } from './transaction-maker.js';
