import { fromBinary } from '@bufbuild/protobuf';
import type { Contract, HopEvent } from '@selvedge/client';
import type { DevNetwork } from '@selvedge/dev-network';
import { verifySignedProfile } from '@selvedge/policy';
import { parseCore, PacketSchema, SealedRequestSchema } from '@selvedge/protocol';
import { bold, dim, sample, say, yellow } from './print.js';

/** Follows one request through the five roles and prints what each could see of it. Returns the result. */
export async function followRequest(network: DevNetwork, contract: Contract, hops: HopEvent[], call: { name: string; arguments: string[]; transientData: Record<string, string> }): Promise<Uint8Array> {
  hops.length = 0;
  const proposal = contract.newProposal(call.name, { arguments: call.arguments, transientData: call.transientData });
  const sealed = fromBinary(SealedRequestSchema, await proposal.getBytes());
  say(`   ${bold('client')}      ${call.name}(${call.arguments.join(', ')}), transient ${JSON.stringify(call.transientData)}`);
  say(`               transaction ${proposal.getTransactionId()}`);

  const executed = await proposal.execute();
  const core = parseCore(executed.targetData.cores[0] as Uint8Array);
  const packets = executed.targetData.attachments?.packets ?? [];
  const section = core.sections[0];
  hop('(1) sealed request', 'compute node', `ciphertext ${sample(sealed.ciphertext)}`, 'opens it inside the TEE only; its host sees these bytes');
  hop('(2) state query', 'business node', `${String(section?.reads.length ?? 0)} ledger keys such as ${sample(section?.reads[0]?.ledgerKey ?? new Uint8Array(0), 8)}`, 'not the key’s name, not who asks for what');
  hop('(3) state', 'compute node', 'packets, opened and checked inside the TEE', 'its host sees ciphertext');
  const firstPacket = packets[0];
  const ciphertext = firstPacket === undefined ? new Uint8Array(0) : fromBinary(PacketSchema, firstPacket).ciphertext;
  hop('(4) target data', 'client', `core of ${String(executed.targetData.cores[0]?.length ?? 0)} bytes, ${String(packets.length)} packets, result ${JSON.stringify(text(executed.getResult()))}`, 'the result opens with the client’s own transaction key');

  const endorsed = await executed.endorse();
  const { msps } = verifySignedProfile(network.signedProfile);
  const endorsers = endorsed.message.endorsements.map(({ identity }) => msps.verifyIdentity(identity).mspId);
  hop('(5) target data', 'endorsers', `hashes, signatures, packet ${sample(ciphertext)}`, 'no value, no key name, no argument: they hold no data key');
  hop('(6) endorsement', 'client', `from ${endorsers.join(', ')}; names ${endorsed.declaredTargets.map((target) => target.owners.join('+')).join(', ')}`, '');

  const submitted = await endorsed.submit();
  await submitted.verifyCommitted();
  const status = await submitted.getStatus();
  hop('(7) endorsed transaction', 'business nodes', `packets for ${endorsed.declaredTargets.map((target) => target.owners.join('+')).join(', ')}; ordering gets hashes only`, 'ciphertext; another house gets nothing but hashes');
  hop('(8) commit status', 'client', `${status.successful ? 'VALID' : String(status.code)} in block ${String(status.blockNumber)}`, '');
  const attest = hops.filter((event) => event.hop === 'attest').length;
  say(dim(`   hop 0, attestation: the client verified the key broker’s evidence ${attest > 0 ? 'during this request' : 'before its first request'}; every hop below is a call to another process`));
  for (const event of hops) say(dim(`     ${event.hop.padEnd(14)} ${event.peer.padEnd(14)} ${event.address.padEnd(18)} ${String(event.sentBytes).padStart(6)} B out ${String(event.receivedBytes).padStart(6)} B in ${event.ms.toFixed(1).padStart(7)} ms`));
  return executed.getResult();
}

function hop(what: string, role: string, saw: string, hidden: string): void {
  say(`   ${what.padEnd(26)}→ ${bold(role.padEnd(15))} saw ${saw}`);
  if (hidden !== '') say(`   ${' '.repeat(46)}${yellow(hidden)}`);
}

function text(bytes: Uint8Array): string {
  const whole = new TextDecoder().decode(bytes);
  return whole.length > 60 ? `${whole.slice(0, 60)}…` : whole;
}
