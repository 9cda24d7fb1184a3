import { create } from '@bufbuild/protobuf';
import { toHex } from '@selvedge/crypto';
import { encodeFabricEvents, EVENT_NAME } from '@selvedge/fabric';
import { createEndorsedTransaction, createTargetData, randomTxId } from '@selvedge/fixtures';
import { BlockHeaderSchema, BlockSchema, EndorsedTransactionSchema, encodeMessage, LIMITS, OpenedEventsSchema, parseMessage, RequestKind, SealedEventOfSchema, TransactionSchema, ValidationCode, type Block } from '@selvedge/protocol';
import { openEvent } from '@selvedge/sealed-objects';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChaincodeEvent, ChaincodeEventsOptions } from './chaincode-events.js';
import type { Gateway } from './gateway.js';
import { executeRequest, openRequest } from './testdata/fake-compute.js';
import { createFakeFabric } from './testdata/fake-fabric.js';
import { createFakeNetwork, type FakeNetwork } from './testdata/fake-network.js';

let network: FakeNetwork;
let gateway: Gateway;
let opened: number;
beforeEach(async () => {
  network = await createFakeNetwork();
  gateway = network.connect();
  opened = 0;
  const { consortium, nodes } = network;
  // A compute node that opens what it is asked to, as the real one does.
  network.hooks.execute = async (_peer, _genuine, request) => {
    const { body } = openRequest(consortium, request);
    expect([body.kind, body.contract]).toEqual([RequestKind.OPEN_EVENTS, consortium.contract]);
    const events = body.args.map((arg) => {
      const { txId, sealedEvent } = parseMessage(SealedEventOfSchema, arg, LIMITS.maxRequestBytes);
      const { name, payload } = openEvent(sealedEvent, { eventKey: () => consortium.contractKeys.eventKey, expected: { channel: consortium.channel, contract: consortium.contract, txId } });
      return { name, payload };
    });
    opened += 1;
    return executeRequest(consortium, nodes[0]!, request, { response: { status: 200, payload: encodeMessage(OpenedEventsSchema, { events }) } });
  };
});
afterEach(() => {
  gateway.close();
});

/** Transaction bytes of a block that set an event. */
function transaction(txId: Uint8Array, name: string): { readonly bytes: Uint8Array; readonly sealedEvents: readonly Uint8Array[] } {
  const { consortium, nodes } = network;
  const targetData = createTargetData({ consortium, nodes: nodes.slice(0, 1), txId, writes: [{ key: 'k', value: 'v' }], event: { name, payload: `payload of ${name}` } });
  const endorsed = encodeMessage(EndorsedTransactionSchema, createEndorsedTransaction({ consortium, targetData }));
  return { bytes: encodeMessage(TransactionSchema, { kind: { case: 'endorsed', value: endorsed } }), sealedEvents: targetData.attachments?.sealedEvents ?? [] };
}
const blockOf = (number: bigint, ...transactions: Uint8Array[]): Block => create(BlockSchema, { header: encodeMessage(BlockHeaderSchema, { number }), transactions });

async function read(from: Gateway, options: ChaincodeEventsOptions = { startBlock: 0n }, contract = network.consortium.contract): Promise<ChaincodeEvent[]> {
  const found: ChaincodeEvent[] = [];
  for await (const event of from.getNetwork(network.consortium.channel).getChaincodeEvents(contract, options)) found.push(event);
  return found;
}

describe('chaincode events on the embedded ledger', () => {
  it('are those of valid transactions of the contract, opened by a compute node', async () => {
    const txId = randomTxId();
    network.ledger.ordered.push(txId);
    network.ledger.blocks.push(blockOf(5n, Buffer.from('no transaction'), transaction(txId, 'Sold').bytes));
    expect(await read(gateway, { startBlock: 4n })).toEqual([{ blockNumber: 5n, transactionId: toHex(txId), chaincodeName: 'diamonds', eventName: 'Sold', payload: Buffer.from('payload of Sold') }]);
    expect(network.calls).toContain('deliver 4');
    expect(network.calls).toContain('commit-status AuroraMSP');
  });

  it('are not those of invalid transactions, of a second copy in another block, or of other contracts', async () => {
    network.ledger.ordered.push(randomTxId());
    const { bytes } = transaction(randomTxId(), 'Sold');
    network.ledger.blocks.push(blockOf(6n, bytes));
    expect(await read(gateway)).toEqual([]);
    network.ledger.blocks.splice(0, 1, blockOf(5n, bytes));
    network.ledger.code = ValidationCode.MVCC_READ_CONFLICT;
    expect(await read(gateway)).toEqual([]);
    expect(opened).toBe(0);
  });

  it('start with the next block, and end when they are closed', async () => {
    expect(await read(gateway, {})).toEqual([]);
    expect(network.calls).toContain(`deliver ${String(network.ledger.height)}`);
    network.ledger.ordered.push(randomTxId());
    network.ledger.blocks.push(blockOf(5n, transaction(randomTxId(), 'a').bytes, transaction(randomTxId(), 'b').bytes));
    const events = gateway.getNetwork('trade').getChaincodeEvents('diamonds', { startBlock: 0n });
    const found: string[] = [];
    for await (const { eventName } of events) {
      found.push(eventName);
      events.close();
    }
    expect(found).toEqual(['a']);
  });

  it('that a compute node opened more or fewer of are refused', async () => {
    network.hooks.execute = (_peer, _genuine, request) => executeRequest(network.consortium, network.nodes[0]!, request, { response: { status: 200, payload: new Uint8Array(0) } });
    network.ledger.ordered.push(randomTxId());
    network.ledger.blocks.push(blockOf(5n, transaction(randomTxId(), 'Sold').bytes));
    await expect(read(gateway)).rejects.toMatchObject({ code: 'TARGET_DATA_INCONSISTENT' });
  });
});

describe('chaincode events on Fabric', () => {
  it('come from the peer, which delivers those of valid transactions', async () => {
    const fabric = createFakeFabric(network);
    const txId = randomTxId();
    const { sealedEvents } = transaction(txId, 'Sold');
    network.ledger.fabricEvents.push({ blockNumber: 8n, eventName: 'else', payload: Buffer.from('x') }, { blockNumber: 9n, eventName: EVENT_NAME, payload: encodeFabricEvents([{ txId, sealedEvents }]) });
    const onFabric = fabric.connect();
    expect(await read(onFabric, { startBlock: 7n })).toMatchObject([{ blockNumber: 9n, transactionId: toHex(txId), eventName: 'Sold' }]);
    expect(network.calls).toContain('events diamonds 7');
    onFabric.close();
  });
});
