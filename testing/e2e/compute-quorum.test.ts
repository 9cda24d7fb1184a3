import { fileURLToPath } from 'node:url';
import { DistinctBy, type NodeEvidence } from '@selvedge/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMissing, LEDGERS } from './src/ledgers.js';
import { startWithContract, text, type TestContractNetwork } from './src/network.js';

const TALLY = fileURLToPath(new URL('contracts/tally', import.meta.url));
const STOCK = fileURLToPath(new URL('../../examples/contracts/stock', import.meta.url));
const TIMEOUT_MS = 300_000;

/** The contract itself asks for one node; the profile's appraisal policy for two, of different operators. */
describe.each(LEDGERS)('a quorum of compute nodes that the profile asks for, on the %s ledger', (ledger) => {
  const isSkipped = isMissing(ledger);
  let test: TestContractNetwork;

  beforeAll(async () => {
    if (isSkipped) return;
    test = await startWithContract(TALLY, { ledger, computeNodes: 2, businessOrganisations: ['AuroraMSP', 'BorealisMSP'], endorserOrganisations: ['NorthMSP', 'SouthMSP'], quorum: { count: 2, distinctBy: DistinctBy.OPERATOR } });
  }, TIMEOUT_MS);
  afterAll(async () => {
    if (!isSkipped) await test.end();
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('is met by a client that knows nothing of it, and its transactions commit', async () => {
    const executed = await test.contract.newProposal('Put', { arguments: ['a'] }).execute();
    expect([...executed.executedBy].sort()).toEqual(['compute-1', 'compute-2']);
    const submitted = await (await executed.endorse()).submit();
    await submitted.verifyCommitted();
    expect(text(await test.contract.submitTransaction('Put', 'b'))).toBe('1.0.0');
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('is not met by one node alone, while queries go on', async () => {
    await test.network.removeComputeNode('compute-2', 'SIGKILL');
    const impatient = await test.network.connect('AuroraMSP', { limits: { executeTimeoutMs: 2_000 } });
    const alone = impatient.getNetwork(test.network.connectionProfile().channel).getContract('tally');
    await expect(alone.submitTransaction('Put', 'c')).rejects.toMatchObject({ code: 'COMPUTE_QUORUM_NOT_MET' });
    expect(text(await alone.evaluateTransaction('Get', 'a'))).toBe('1.0.0');
    impatient.close();
  }, TIMEOUT_MS);
});

/** Counted by the types of TEE: endorsers take no certificate's word for the type, and want to see the evidence. */
describe.each(LEDGERS)('a quorum by types of TEE, on the %s ledger', (ledger) => {
  const isSkipped = isMissing(ledger);
  let test: TestContractNetwork;

  beforeAll(async () => {
    if (isSkipped) return;
    test = await startWithContract(TALLY, { ledger, businessOrganisations: ['AuroraMSP', 'BorealisMSP'], endorserOrganisations: ['NorthMSP', 'SouthMSP'], quorum: { count: 1, distinctBy: DistinctBy.TEE_TYPE } });
  }, TIMEOUT_MS);
  afterAll(async () => {
    if (!isSkipped) await test.end();
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('has each endorser appraise the evidence of the node that signed', async () => {
    for (const key of ['a', 'b', 'c']) expect(text(await test.contract.submitTransaction('Put', key))).toBe('1.0.0');
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('has nodes that reduce appraise the evidence of those that mapped', async () => {
    await test.network.deploy(STOCK);
    const stock = test.gateway.getNetwork(test.network.connectionProfile().channel).getContract('stock');
    await stock.submitTransaction('put', 'aurora', 'ruby', '70');
    const parts = { partitions: [{ arguments: ['aurora'] }, { arguments: ['borealis'] }] };
    expect(text(await stock.submit('recordTotal', { arguments: ['monday'], ...parts }))).toBe('{"stones":1,"points":70}');
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('is not met without that evidence, nor with what another attestation bound', async () => {
    const shown = async (change: (evidence: NodeEvidence[]) => NodeEvidence[]): Promise<void> => {
      const executed = await test.contract.newProposal('Put', { arguments: ['d'] }).execute();
      const attachments = executed.targetData.attachments!;
      expect(attachments.nodeEvidence).toHaveLength(1);
      attachments.nodeEvidence = change(attachments.nodeEvidence);
      await executed.endorse();
    };
    await expect(shown(() => [])).rejects.toMatchObject({ code: 'EVIDENCE_MALFORMED' });
    await expect(shown((evidence) => evidence.map((one) => ({ ...one, nonce: new Uint8Array(32) })))).rejects.toMatchObject({ code: 'EVIDENCE_UNBOUND' });
    await shown((evidence) => evidence);
    expect(text(await test.contract.evaluateTransaction('Get', 'd'))).toBe('');
  }, TIMEOUT_MS);
});
