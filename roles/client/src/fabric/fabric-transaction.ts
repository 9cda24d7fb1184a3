import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { parseEndorsedResponse, parseFabricEvents, parseFabricTransaction, WireMessage } from '@selvedge/fabric';
import type { FabricGateway } from '@selvedge/fabric-network/gateway';
import { LIMITS } from '@selvedge/protocol';
import type { LedgerTransaction } from '../ledger-lane.js';
import type { Session } from '../session.js';

/** Fabric's own chaincode for questions about the ledger; every peer has it. */
const QUERY_CHAINCODE = 'qscc';
const VALID = 0;

/** A transaction of the channel, as the gateway peer has it. */
export async function findFabricTransaction(fabric: FabricGateway, { channel, limits }: Session, txId: Uint8Array, signal: AbortSignal): Promise<LedgerTransaction> {
  const transactionId = toHex(txId);
  const bounds = { timeoutMs: limits.commitStatusTimeoutMs, signal };
  const args = [channel, transactionId].map((text) => Buffer.from(text));
  const processed = await fabric.evaluate({ chaincode: QUERY_CHAINCODE, functionName: 'GetTransactionByID', args }, bounds);
  if (processed.length > LIMITS.maxMessageBytes) throw new SelvedgeError('MESSAGE_TOO_LARGE', `a transaction of ${String(processed.length)} bytes`, { role: 'client' });
  // peer.ProcessedTransaction
  const found = parseFabricTransaction(new WireMessage(processed).bytes(1));
  if (found?.fabricTxId !== transactionId || found.channel !== channel) throw new SelvedgeError('MALFORMED_MESSAGE', `transaction ${transactionId} is not a contract’s`, { role: 'client' });
  const core = parseEndorsedResponse(found.responsePayload).cores.find((item) => equalBytes(item.txId, txId));
  if (core === undefined) throw new SelvedgeError('MALFORMED_MESSAGE', `transaction ${transactionId} holds no core`, { role: 'client' });
  const { code, blockNumber } = await fabric.commitStatus(transactionId, bounds);
  return {
    status: { transactionId, code, blockNumber, successful: code === VALID },
    core,
    sealedEvents: found.eventPayload.length === 0 ? [] : parseFabricEvents(found.eventPayload).find((item) => equalBytes(item.txId, txId))?.sealedEvents ?? [],
  };
}
