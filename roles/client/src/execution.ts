import { SelvedgeError } from '@selvedge/errors';
import { toHex } from '@selvedge/crypto';
import type { SealedResponse } from '@selvedge/protocol';
import { createAsking, tooFew, type NodeCall } from './asking.js';
import type { Answer } from './domain/answer.js';
import type { BuiltRequest } from './domain/request.js';
import type { ComputePort } from './ports.js';
import type { Session } from './session.js';

/** The call of one request. @param open opens and checks one answer */
export function callOf<T extends Answer>(request: BuiltRequest, open: (request: BuiltRequest, sealed: SealedResponse) => T): NodeCall<T> {
  return { contract: request.contract, txId: toHex(request.txId), send: async (node, bounds) => open(request, verifyAnswerer(node, await node.execute(request.sealed, bounds))) };
}

/** Throws TARGET_DATA_INCONSISTENT when a node answers as another. */
export function verifyAnswerer(node: ComputePort, sealed: SealedResponse): SealedResponse {
  if (sealed.nodeId !== node.nodeId) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', `compute node ${node.nodeId} answered as another`, { role: 'client' });
  return sealed;
}

/**
 * Sends a call to one compute node, another where that cannot serve it. Throws the node's refusal when another would not help,
 * the last one's when the time is over; OVERLOADED when all have as many calls of this client as they may have.
 */
export async function executeOnOneNode<T>(session: Session, call: NodeCall<T>, signal?: AbortSignal): Promise<T> {
  const asking = await createAsking(session, call, signal);
  try {
    asking.ask(1);
    const vote = await asking.next();
    if (vote === undefined) throw tooFew(1, 0, asking.failure);
    if ('refusal' in vote) throw vote.refusal;
    return vote.answer;
  } finally {
    asking.end();
  }
}
