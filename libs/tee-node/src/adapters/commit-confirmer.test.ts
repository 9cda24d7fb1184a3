import { create } from '@bufbuild/protobuf';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { signAs } from '@selvedge/identity';
import { CommitStatementSchema, CommittedTransactionSchema, encodeMessage, signing, type CommittedTransaction } from '@selvedge/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CommitStatementPort } from '../ports.js';
import { createCommitConfirmer } from './commit-confirmer.js';

type Said = Partial<CommittedTransaction>;

const txId = new Uint8Array(32).fill(1);
const coreDigest = new Uint8Array(32).fill(2);
const other = new Uint8Array(32).fill(3);
const gate = { organisations: ['EastMSP', 'NorthMSP', 'SouthMSP'], quorum: 2 };
const UNKNOWN: Said = { known: false, coreDigest: new Uint8Array(0), blockHash: new Uint8Array(0) };

let net: TestConsortium;
beforeAll(async () => {
  net = await createTestConsortium();
});

/** A follower that says so of the transaction. @param signer whose peer signs; default: the organisation's own */
function follower(mspId: string, said: Said = {}, signer = mspId): CommitStatementPort {
  return {
    mspId,
    address: mspId,
    getCommitStatement({ nonce }) {
      const { network, channel } = net;
      const statement = encodeMessage(CommittedTransactionSchema, { network, channel, txId, known: true, code: 0, blockNumber: 5n, blockHash: new Uint8Array(32).fill(9), coreDigest, height: 6n, nonce, ...said });
      return Promise.resolve(create(CommitStatementSchema, { statement, signature: signAs(net.organisation(signer).peer.signer, signing.commitStatement(statement)) }));
    },
  };
}

const confirm = async (...followers: readonly CommitStatementPort[]): Promise<string> => {
  try {
    await createCommitConfirmer({ followers, maxAttempts: 1 }).confirm({ txId, coreDigest }, gate, net.profile);
    return 'open';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('the gate', () => {
  it('opens with the word of so many distinct organisations that it names', async () => {
    expect(await confirm(follower('NorthMSP'), follower('SouthMSP'))).toBe('open');
    expect(await confirm(follower('NorthMSP'), follower('SouthMSP'), follower('EastMSP', UNKNOWN))).toBe('open');
    expect(await confirm(follower('NorthMSP'), follower('NorthMSP'))).toBe('GATE_QUORUM_NOT_MET');
    expect(await confirm(follower('NorthMSP'), follower('AuroraMSP'), follower('BorealisMSP'))).toBe('GATE_QUORUM_NOT_MET');
    expect(await confirm()).toBe('GATE_QUORUM_NOT_MET');
  });

  it('stays shut while it is not committed, or was found invalid', async () => {
    expect(await confirm(follower('NorthMSP', UNKNOWN), follower('SouthMSP', UNKNOWN), follower('EastMSP'))).toBe('RESULT_NOT_COMMITTED');
    expect(await confirm(follower('NorthMSP', { code: 11 }), follower('SouthMSP', { code: 11 }))).toBe('RESULT_NOT_COMMITTED');
    expect(await confirm(follower('NorthMSP'), follower('SouthMSP', UNKNOWN))).toBe('GATE_QUORUM_NOT_MET');
  });

  it('stays shut for another core than the committed one, or for one of which nothing is kept', async () => {
    expect(await confirm(follower('NorthMSP', { coreDigest: other }), follower('SouthMSP', { coreDigest: other }))).toBe('RESULT_OF_ANOTHER_EXECUTION');
    expect(await confirm(follower('NorthMSP', { coreDigest: other }), follower('SouthMSP'))).toBe('GATE_QUORUM_NOT_MET');
    expect(await confirm(follower('NorthMSP', { coreDigest: new Uint8Array(0) }), follower('SouthMSP', { coreDigest: new Uint8Array(0) }))).toBe('RESULT_OF_ANOTHER_EXECUTION');
  });

  it('stays shut when organisations name different blocks', async () => {
    expect(await confirm(follower('NorthMSP'), follower('SouthMSP', { blockNumber: 4n }))).toBe('GATE_QUORUM_NOT_MET');
    expect(await confirm(follower('NorthMSP'), follower('SouthMSP', { blockHash: new Uint8Array(32).fill(8) }))).toBe('GATE_QUORUM_NOT_MET');
  });

  it.each<readonly [string, Said]>([
    ['of another network', { network: 'elsewhere' }],
    ['of another channel', { channel: 'elsewhere' }],
    ['of another transaction', { txId: new Uint8Array(32) }],
    ['that answers another nonce', { nonce: new Uint8Array(16) }],
    ['of a block above its height', { blockNumber: 6n }],
    ['with half a digest', { coreDigest: new Uint8Array(31) }],
    ['with half a block hash', { blockHash: new Uint8Array(31) }],
  ])('counts no statement %s', async (_, said) => {
    expect(await confirm(follower('NorthMSP'), follower('SouthMSP', said))).toBe('GATE_QUORUM_NOT_MET');
  });

  it('counts no statement of a block above its height, however many agree', async () => {
    expect(await confirm(follower('NorthMSP', { blockNumber: 6n }), follower('SouthMSP', { blockNumber: 6n }))).toBe('GATE_QUORUM_NOT_MET');
  });

  it('counts no statement that another organisation signed, none without a signature, and none that does not parse', async () => {
    expect(await confirm(follower('NorthMSP'), follower('SouthMSP', {}, 'NorthMSP'))).toBe('GATE_QUORUM_NOT_MET');
    const altered = (change: Partial<Awaited<ReturnType<CommitStatementPort['getCommitStatement']>>>): CommitStatementPort => {
      const honest = follower('SouthMSP');
      return { ...honest, getCommitStatement: async (asked, timeoutMs) => ({ ...(await honest.getCommitStatement(asked, timeoutMs)), ...change }) };
    };
    for (const change of [{ signature: undefined }, { statement: new Uint8Array(5_000) }, { statement: Uint8Array.of(255, 1) }, { statement: new Uint8Array(0) }] as never[]) {
      expect(await confirm(follower('NorthMSP'), altered(change))).toBe('GATE_QUORUM_NOT_MET');
    }
  });

  it('of nobody opens for nobody', async () => {
    const confirmer = createCommitConfirmer({ followers: [], maxAttempts: 1 });
    await expect(confirmer.confirm({ txId, coreDigest }, { organisations: [], quorum: 0 }, net.profile)).rejects.toMatchObject({ code: 'RESULT_GATE_UNSET' });
  });

  it('asks again while followers come along', async () => {
    let rounds = 0;
    const late = follower('SouthMSP');
    const slow: CommitStatementPort = { ...late, getCommitStatement: (asked, timeoutMs) => ((rounds += 1) < 2 ? follower('SouthMSP', UNKNOWN) : late).getCommitStatement(asked, timeoutMs) };
    await createCommitConfirmer({ followers: [follower('NorthMSP'), slow] }).confirm({ txId, coreDigest }, gate, net.profile);
    expect(rounds).toBe(2);
  });
});
