import { setTimeout as sleep } from 'node:timers/promises';
import { clone } from '@bufbuild/protobuf';
import { loadTls } from '@selvedge/client';
import { BusinessLedger, Endorser, TargetDataSchema } from '@selvedge/protocol';
import { connectRpc } from '@selvedge/rpc';
import { expectRefusal } from './expect-refusal.js';
import { showFabricRefusals } from './fabric-refusals.js';
import type { RefusalStage } from './refusal-stage.js';

const ENDORSERS_FOLLOW_MS = 1_000;

/** Shows three refusals by real peers; returns how many came as they must. Throws when one does not. */
export async function showRefusals(stage: RefusalStage): Promise<number> {
  if (stage.ledger === 'fabric') return showFabricRefusals(stage);
  await expectRefusal('a forged TEE signature, at the endorser', 'TEE_SIGNATURE_INVALID', () => forgedTeeSignature(stage));
  await expectRefusal('a stale read, at the endorsers', 'STALE_READ', () => staleRead(stage));
  await expectRefusal(`an endorsement for another node, at the business node of ${stage.otherMspId}`, 'NOT_DECLARED_HERE', () => endorsementForAnother(stage));
  return 3;
}

async function forgedTeeSignature({ network, contract, setPrice }: RefusalStage): Promise<void> {
  const { name, options } = setPrice(1);
  const executed = await contract.newProposal(name, options).execute();
  const forged = clone(TargetDataSchema, executed.targetData);
  const signature = forged.attachments?.teeSignatures[0]?.signature;
  if (signature === undefined) throw new Error('target data without a TEE signature');
  // Flip one bit of s; the encoding stays well formed.
  signature[signature.length - 1] = (signature[signature.length - 1] ?? 0) ^ 1;
  const endorser = network.connectionProfile().endorsers[0];
  if (endorser === undefined) throw new Error('no endorser');
  const connection = connectRpc(endorser.address, { tls: loadTls(network.connectionProfile()) });
  try {
    await connection.client(Endorser).endorse({ targetData: forged });
  } finally {
    connection.close();
  }
}

async function staleRead({ contract, setPrice }: RefusalStage): Promise<void> {
  const first = setPrice(2);
  const executed = await contract.newProposal(first.name, first.options).execute();
  const second = setPrice(3);
  await contract.submit(second.name, second.options);
  // The owners have acknowledged it; endorsers see the block a moment later, and until then the ledger alone would refuse.
  await sleep(ENDORSERS_FOLLOW_MS);
  await executed.endorse();
}

async function endorsementForAnother({ network, contract, setPrice, otherMspId }: RefusalStage): Promise<void> {
  const { name, options } = setPrice(4);
  const endorsed = await (await contract.newProposal(name, options).execute()).endorse();
  const [owner] = endorsed.declaredTargets.flatMap((target) => target.owners);
  const other = network.connectionProfile().businessNodes.find((node) => node.mspId === otherMspId);
  if (owner === undefined || other === undefined) throw new Error('no such business node');
  const connection = connectRpc(other.address, { tls: loadTls(network.connectionProfile()) });
  try {
    await connection.client(BusinessLedger).stage({ transaction: endorsed.message, packets: endorsed.packetsOf(owner) });
  } finally {
    connection.close();
  }
}
