import { openFabricGateway, type ExecutedTransaction } from '@selvedge/client';
import { SelvedgeError } from '@selvedge/errors';
import { ENDORSE_FUNCTION, TARGET_DATA_FIELD } from '@selvedge/fabric';
import { encodeMessage, TargetDataSchema, ValidationCode } from '@selvedge/protocol';
import { expectRefusal } from './expect-refusal.js';
import type { RefusalStage } from './refusal-stage.js';

const BOUNDS = { timeoutMs: 30_000 };

/** Shows three refusals that are Fabric's own verdicts; returns how many came as they must. Throws when one does not. */
export async function showFabricRefusals(stage: RefusalStage): Promise<number> {
  await expectRefusal('a forged TEE signature, at the endorsing peers', 'TEE_SIGNATURE_INVALID', () => forgedTeeSignature(stage));
  await expectRefusal('a stale read, at commit', 'MVCC_READ_CONFLICT', () => staleReadAtCommit(stage));
  await expectRefusal('an endorsement by too few, at commit', 'ENDORSEMENT_POLICY_FAILURE', () => tooFewEndorsements(stage));
  return 3;
}

async function execute({ contract, setPrice }: RefusalStage, price: number): Promise<ExecutedTransaction> {
  const { name, options } = setPrice(price);
  return contract.newProposal(name, options).execute();
}

async function forgedTeeSignature(stage: RefusalStage): Promise<void> {
  const executed = await execute(stage, 1);
  const signature = executed.targetData.attachments?.teeSignatures[0]?.signature;
  if (signature === undefined) throw new Error('target data without a TEE signature');
  // Flip one bit of s; the encoding stays well formed.
  signature[signature.length - 1] = (signature[signature.length - 1] ?? 0) ^ 1;
  await executed.endorse();
}

/** Endorsed in time, overtaken before it is ordered. */
async function staleReadAtCommit(stage: RefusalStage): Promise<void> {
  const endorsed = await (await execute(stage, 2)).endorse();
  const overtaking = stage.setPrice(3);
  await stage.contract.submit(overtaking.name, overtaking.options);
  await (await endorsed.submit()).verifyCommitted();
}

/** A client that does not care for the endorsement policy: one organisation endorses, and it has that ordered. */
async function tooFewEndorsements(stage: RefusalStage): Promise<void> {
  const { network, ownerMspId } = stage;
  const executed = await execute(stage, 4);
  const connectionProfile = network.connectionProfile();
  const [endorser] = connectionProfile.endorsers;
  if (endorser === undefined) throw new Error('no endorser');
  const gateway = await openFabricGateway({ connectionProfile, signer: await network.identity(ownerMspId) });
  try {
    const transientData = { [TARGET_DATA_FIELD]: encodeMessage(TargetDataSchema, executed.targetData) };
    const lonely = await gateway.endorse({ chaincode: 'diamonds', functionName: ENDORSE_FUNCTION, transientData, organisations: [endorser.mspId] }, BOUNDS);
    await gateway.submit(lonely, BOUNDS);
    const { code, blockNumber } = await gateway.commitStatus(lonely.transactionId, BOUNDS);
    if (code === ValidationCode.ENDORSEMENT_POLICY_FAILURE.valueOf()) {
      throw new SelvedgeError('ENDORSEMENT_POLICY_FAILURE', `Fabric found it invalid in block ${String(blockNumber)}: only ${endorser.mspId} had endorsed`, { role: 'ledger' });
    }
  } finally {
    gateway.close();
  }
}
