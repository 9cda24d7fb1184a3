import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validationCodeName } from '@selvedge/embedded-ledger';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { createEmbeddedLedger, type EmbeddedLedgerUnderTest } from './embedded-ledger.js';
import { describeLedgerSemantics } from './ledger-suite.js';
import { createTransactionMaker, type MadeTransaction, type TransactionShape } from './transaction-maker.js';

describeLedgerSemantics('embedded', (consortium) => createEmbeddedLedger(consortium));

/** Clients put transactions of this ledger together; on Fabric peers sign the declaration and the writes as one. */
describe('transactions that a client of the embedded ledger has changed', () => {
  let consortium: TestConsortium;
  let ledger: EmbeddedLedgerUnderTest;
  let make: (shape: TransactionShape) => MadeTransaction;
  beforeAll(async () => {
    consortium = await createTestConsortium();
    make = createTransactionMaker(consortium, await consortium.issueComputeNode());
    ledger = await createEmbeddedLedger(consortium);
  });
  afterAll(() => ledger.close());

  const put = (shape: TransactionShape): MadeTransaction => make({ writes: [{ key: 'k', value: 'v' }], ...shape });
  const verdicts = async (...transactions: readonly MadeTransaction[]): Promise<string[]> => {
    await ledger.orderBytes(transactions.map(({ bytes }) => bytes));
    const results = await Promise.all(transactions.map(({ txId }) => Promise.all(ledger.followers.map((follower) => follower.waitForResult(txId, 10_000)))));
    return results.map((all) => [...new Set(all.map((result) => (result === undefined ? 'unknown' : validationCodeName(result.code))))].join());
  };

  it('are refused with targets that the endorsement does not declare', async () => {
    const undeclared = put({ changePayload: (payload) => (payload.targets = []) });
    const others = put({ changePayload: (payload) => payload.targets[0]!.owners.pop() });
    expect(await verdicts(undeclared, others)).toEqual(['ENDORSEMENT_POLICY_FAILURE', 'ENDORSEMENT_POLICY_FAILURE']);
  });

  it('are refused when an owner does not hold the packets', async () => {
    const missing = put({ changeSigned: (transaction) => transaction.receipts.pop() });
    const ended = put({ receiptsEndAt: 1n });
    const borrowed = put({ changeSigned: (transaction) => (transaction.receipts = transaction.receipts.map((receipt) => ({ ...receipt, signature: transaction.receipts[0]!.signature }))) });
    expect(await verdicts(missing, ended, borrowed)).toEqual(['ENDORSEMENT_POLICY_FAILURE', 'ENDORSEMENT_POLICY_FAILURE', 'ENDORSEMENT_POLICY_FAILURE']);
  });

  it('keep no result but the first of an id', async () => {
    const first = put({});
    const other = put({ txId: first.txId, changePayload: (payload) => (payload.targets = []) });
    expect(await verdicts(first, other)).toEqual(['VALID', 'VALID']);
  });
});
