import { ValidationCode } from '@selvedge/protocol';
import type { ConnectionProfile, Contract, HopEvent, ProposalOptions } from '@selvedge/client';
import type { FollowEvent, RequestInput, WireView } from '../api.js';
import { showBytes } from '../show-bytes.js';
import { showForged } from './forge.js';
import { refusalView } from './refusal-view.js';
import { sightsOfEndorsed, sightsOfExecution, sightsOfSealed, writesOf } from './sights.js';

/** What running a request needs. */
export interface RequestRun {
  readonly contract: Contract;
  readonly input: RequestInput;
  readonly connectionProfile: ConnectionProfile;
  readonly tell: (event: FollowEvent) => void;
  readonly nowMs: () => number;
}

/** Sends a request stage by stage, as the command does, and tells of each. Resolves when it has ended, however. */
export async function runRequest(run: RequestRun): Promise<void> {
  const { input, tell, nowMs } = run;
  const at = nowMs();
  try {
    if (input.kind === 'query') await query(run, at);
    else await update(run, at);
  } catch (error) {
    tell({ type: 'refused', refusal: refusalView(error) });
  }
  tell({ type: 'ended', ms: nowMs() - at });
}

async function query({ contract, input, tell }: RequestRun, at: number): Promise<void> {
  const proposal = contract.newProposal(input.transaction, optionsOf(input));
  tell({ type: 'began', transactionId: proposal.getTransactionId(), kind: input.kind, at });
  const result = showBytes(await proposal.evaluate());
  tell({ type: 'result', ...result });
}

async function update({ contract, input, connectionProfile, tell }: RequestRun, at: number): Promise<void> {
  const proposal = contract.newProposal(input.transaction, optionsOf(input));
  tell({ type: 'began', transactionId: proposal.getTransactionId(), kind: input.kind, at });
  for (const sight of sightsOfSealed(await proposal.getBytes())) tell({ type: 'sight', sight });
  const executed = await proposal.execute();
  for (const sight of sightsOfExecution(executed)) tell({ type: 'sight', sight });
  tell({ type: 'writes', writes: writesOf(executed) });
  if (input.kind === 'forge') await showForged(executed, connectionProfile);
  const endorsed = await executed.endorse();
  for (const sight of sightsOfEndorsed(endorsed)) tell({ type: 'sight', sight });
  const submitted = await endorsed.submit();
  const result = showBytes(await submitted.awaitResult());
  const { blockNumber, code } = await submitted.getStatus();
  tell({ type: 'result', ...result, block: String(blockNumber), validationCode: ValidationCode[code] ?? String(code) });
}

function optionsOf({ arguments: args, transient }: RequestInput): ProposalOptions {
  return { arguments: args, transientData: transient };
}

/** A call of the client, as the page shows it. */
export function wireOf({ hop, peer, sentBytes, receivedBytes, ms, refusal }: HopEvent): WireView {
  return { hop, peer, sentBytes, receivedBytes, ms, code: refusal ?? 'OK' };
}
