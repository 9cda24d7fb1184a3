import { common, msp, peer } from '@hyperledger/fabric-protos';
import { expect, test } from 'vitest';
import type { Invocation } from '../ports.js';
import { createTransactionMessage } from './proposal.js';

const creator = new msp.SerializedIdentity();
creator.setMspid('AuroraMSP');
const invocation: Invocation = {
  channel: 'trade', contract: 'diamonds', codeHash: new Uint8Array(32), txId: 'ab', creator: creator.serializeBinary(), creatorMspId: 'AuroraMSP',
  nonce: Uint8Array.of(1, 2), args: [Buffer.from('f'), Uint8Array.of(0, 255)], transient: new Map([['price', Uint8Array.of(7)]]),
  timestamp: { seconds: 1_700_000_000n, nanos: 7 }, seed: new Uint8Array(32).fill(5), idleSeed: new Uint8Array(32).fill(6), deadlineMs: 1,
};

test('the message is the one that a Fabric peer would send', () => {
  const message = createTransactionMessage(invocation);
  expect([message.getType(), message.getChannelId(), message.getTxid()]).toEqual([peer.ChaincodeMessage.Type.TRANSACTION, 'trade', 'ab']);
  expect(peer.ChaincodeInput.deserializeBinary(message.getPayload_asU8()).getArgsList_asU8()).toEqual([new Uint8Array(Buffer.from('f')), Uint8Array.of(0, 255)]);
  const proposal = peer.Proposal.deserializeBinary(message.getProposal()?.getProposalBytes_asU8() ?? new Uint8Array(0));
  const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
  const signatureHeader = common.SignatureHeader.deserializeBinary(header.getSignatureHeader_asU8());
  expect([signatureHeader.getCreator_asU8(), signatureHeader.getNonce_asU8()]).toEqual([invocation.creator, invocation.nonce]);
  const channelHeader = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8()).toObject();
  expect(channelHeader).toMatchObject({ type: common.HeaderType.ENDORSER_TRANSACTION, channelId: 'trade', txId: 'ab', timestamp: { seconds: 1_700_000_000, nanos: 7 } });
  expect(peer.ChaincodeProposalPayload.deserializeBinary(proposal.getPayload_asU8()).toObject().transientmapMap).toHaveLength(1);
});

test.each([
  { seconds: -62_135_596_801n, nanos: 0 },
  { seconds: 253_402_300_800n, nanos: 0 },
  { seconds: 0n, nanos: -1 },
  { seconds: 0n, nanos: 1_000_000_000 },
  { seconds: 0n, nanos: 0.5 },
])('%o is no timestamp', (timestamp) => {
  expect(() => createTransactionMessage({ ...invocation, timestamp })).toThrow('out of range');
});

test('a timestamp before 1970 survives', () => {
  const proposal = peer.Proposal.deserializeBinary(createTransactionMessage({ ...invocation, timestamp: { seconds: -1n, nanos: 1 } }).getProposal()?.getProposalBytes_asU8() ?? new Uint8Array(0));
  const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
  expect(common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8()).toObject().timestamp).toEqual({ seconds: -1, nanos: 1 });
});
