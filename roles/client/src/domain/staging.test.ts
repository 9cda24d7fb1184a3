import { create } from '@bufbuild/protobuf';
import { toHex } from '@selvedge/crypto';
import { createEndorsedTransaction as createGenuine, createReceipts, createTargetData, createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { EndorsedTransactionSchema, LIMITS, parseCores, parseMessage, ReceiptSchema, signing, targetDigest, TransactionSchema, type Receipt, type TargetData } from '@selvedge/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { readContractTerms } from './contract-terms.js';
import { readRequirements } from './requirements.js';
import { encodeOrdered, packetsOf, verifyReceipt } from './staging.js';

let consortium: TestConsortium;
let targetData: TargetData;
beforeAll(async () => {
  consortium = await createTestConsortium();
  const writes = [{ dataset: 'auroraStones', key: 'a', value: '1' }, { dataset: 'tradeOffers', key: 'b', value: '2' }, { dataset: 'celestaStones', key: 'c' }];
  targetData = createTargetData({ consortium, nodes: [await consortium.issueComputeNode()], writes });
});

describe('packetsOf', () => {
  it('gives each owner the packets of its own sets and of no other', () => {
    const cores = parseCores(targetData.cores, targetData.itemMask);
    const { targets } = readRequirements(cores, (name) => readContractTerms(consortium.state, name));
    const count = (mspId: string): number => packetsOf(mspId, { cores, packets: targetData.attachments!.packets, targets }).length;
    expect(['AuroraMSP', 'BorealisMSP', 'CelestaMSP', 'NorthMSP'].map(count)).toEqual([2, 1, 0, 0]);
  });
});

describe('verifyReceipt', () => {
  const check = (receipt: Receipt, mspId = 'AuroraMSP'): Receipt =>
    verifyReceipt(receipt, {
      network: consortium.network,
      channel: consortium.channel,
      targetDigest: targetDigest(targetData.cores, targetData.itemMask),
      msps: consortium.profile.msps,
      mspId,
    });
  const createReceiptOf = (mspId: string, signer = consortium.organisation(mspId).peer.signer): Receipt => {
    const digest = targetDigest(targetData.cores, targetData.itemMask);
    const signature = signer.sign(signing.receipt(consortium.network, consortium.channel, digest, signer.serialized, 9n));
    return create(ReceiptSchema, { node: signer.serialized, signature, expiresAtHeight: 9n });
  };

  it('accepts the asked owner’s peer', () => {
    expect(check(createReceiptOf('AuroraMSP')).expiresAtHeight).toBe(9n);
  });

  it('refuses a receipt whose signature does not cover it', () => {
    expect(() => check({ ...createReceiptOf('AuroraMSP'), expiresAtHeight: 10n })).toThrow(expect.objectContaining({ code: 'SIGNATURE_INVALID' }));
  });

  it('refuses a receipt of another organisation, or of a client', () => {
    expect(() => check(createReceiptOf('BorealisMSP'))).toThrow(expect.objectContaining({ code: 'RECEIPT_MISSING' }));
    expect(() => check(createReceiptOf('AuroraMSP', consortium.organisation('AuroraMSP').client.signer))).toThrow(expect.objectContaining({ code: 'IDENTITY_WRONG_ROLE' }));
  });
});

describe('encodeOrdered', () => {
  it('gives equal bytes for equal input, so that sending twice is harmless', () => {
    const transaction = createGenuine({ consortium, targetData });
    const receipts = createReceipts(consortium, transaction).map((receipt) => create(ReceiptSchema, receipt));
    const bytes = encodeOrdered(transaction, receipts);
    expect(toHex(encodeOrdered(transaction, receipts))).toBe(toHex(bytes));
    const { kind } = parseMessage(TransactionSchema, bytes, LIMITS.maxMessageBytes);
    expect(kind.case).toBe('endorsed');
    const complete = parseMessage(EndorsedTransactionSchema, kind.value as Uint8Array, LIMITS.maxMessageBytes);
    expect(complete.receipts).toHaveLength(3);
    expect(complete.endorsements).toHaveLength(2);
  });
});
