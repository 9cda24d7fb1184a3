import { APPLY_FUNCTION, fabricCodeName, POLICY_CHAINCODE } from '@selvedge/fabric';
import { SelvedgeError } from '@selvedge/errors';
import type { FabricBounds, FabricGateway } from './ports.js';
import { untilPassed } from './repeat.js';

const VALID = 0;
const MVCC_READ_CONFLICT = 11;

/**
 * Has a policy change recorded by the policy chaincode, and waits for its block. The gateway peer chooses the endorsers:
 * the chaincode's own policy names a majority of the organisations, and nothing in the change is private.
 * Resolves with the block's number. Throws the chaincode's refusal (POLICY_APPROVALS_MISSING, POLICY_CONFLICT, …), what
 * the gateway throws, POLICY_CONFLICT when another change came first, or COMMIT_INVALID.
 * @param policyTransaction PolicyTransaction bytes
 * @param bounds.timeoutMs of each of the three steps
 * @param bounds.nowMs monotonic milliseconds
 */
export async function applyPolicyTransaction(
  gateway: FabricGateway,
  policyTransaction: Uint8Array,
  bounds: FabricBounds & { readonly chaincode?: string | undefined; readonly nowMs: () => number },
): Promise<bigint> {
  const { nowMs, chaincode = POLICY_CHAINCODE } = bounds;
  const argument = new TextEncoder().encode(Buffer.from(policyTransaction).toString('base64'));
  const endorsed = await untilPassed(bounds, nowMs, (within) => gateway.endorse({ chaincode, functionName: APPLY_FUNCTION, args: [argument] }, within));
  // The same bytes again when an answer was lost: Fabric takes a transaction id once.
  await untilPassed(bounds, nowMs, (within) => gateway.submit(endorsed, within));
  const { code, blockNumber } = await untilPassed(bounds, nowMs, (within) => gateway.commitStatus(endorsed.transactionId, within));
  const name = fabricCodeName(code);
  const details = { txId: endorsed.transactionId, validationCode: code };
  if (code === MVCC_READ_CONFLICT) throw new SelvedgeError('POLICY_CONFLICT', 'another policy change was recorded first', { role: 'ledger', details });
  if (code !== VALID) throw new SelvedgeError('COMMIT_INVALID', `the policy change was found invalid: ${name}`, { role: 'ledger', details });
  return blockNumber;
}
