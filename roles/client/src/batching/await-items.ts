import { toHex } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError, withRole } from '@selvedge/errors';
import { askOwner, nodesToAsk } from '../commit.js';
import { combineItemVerdicts, readBatchAnswer, type ItemStatus, type OwnerItems } from '../domain/item-verdicts.js';
import type { BusinessPort } from '../ports.js';
import type { Session } from '../session.js';

export interface ItemsInput {
  /** Of all kept items, in order. */
  readonly txIds: readonly Uint8Array[];
  /** On Fabric, of the transaction that carries them. Default: the first. */
  readonly carrierTxId?: Uint8Array | undefined;
  /** MSP ids of the declared owners; empty when nothing was written: then any business node is asked. */
  readonly owners: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits until every declared owner has each item's verdict, or the refusal of what carried them: one question to each
 * owner for all. Does not throw: what an owner cannot tell in time is COMMIT_UNKNOWN of the items that it is about.
 */
export async function awaitItems(session: Session, input: ItemsInput): Promise<ItemStatus[]> {
  const { txIds } = input;
  try {
    const owners = await Promise.all(nodesToAsk(session, input.owners).map((node) => awaitOwnerItems(session, node, input)));
    return txIds.map((txId, i) => settle(txId, () => combineItemVerdicts(txId, owners.map((items) => items[i]))));
  } catch (error) {
    return txIds.map((txId) => settle(txId, () => { throw error; }));
  }
}

/** What an owner says of each item, at the end of the time of those at least that it knows. */
async function awaitOwnerItems(session: Session, node: () => BusinessPort, { txIds, carrierTxId, signal }: ItemsInput): Promise<OwnerItems> {
  let latest: OwnerItems | undefined;
  const asked = { txId: txIds.map(toHex).join(), signal };
  try {
    return await askOwner(session, node, asked, async (owner, waitMs, bounds) => {
      const { mspId } = owner;
      const items = readBatchAnswer(txIds, mspId, await owner.batchCommitStatus({ txIds, carrierTxId }, waitMs, bounds), carrierTxId);
      latest = items;
      if (items.includes(undefined)) throw new SelvedgeError('COMMIT_UNKNOWN', `${mspId} does not know all items of a batch yet`, { role: 'client', details: { mspId } });
      return items;
    });
  } catch (error) {
    if (latest === undefined || !isSelvedgeError(error, 'COMMIT_UNKNOWN')) throw error;
    return latest;
  }
}

function settle(txId: Uint8Array, verdict: () => ItemStatus): ItemStatus {
  try {
    return verdict();
  } catch (cause) {
    const error = withRole(cause, 'client');
    return { error: new SelvedgeError(error.code, error.message, { role: error.role, details: { ...error.details, txId: toHex(txId) }, cause }) };
  }
}
