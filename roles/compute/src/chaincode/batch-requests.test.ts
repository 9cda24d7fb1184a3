import { peer } from '@hyperledger/fabric-protos';
import { expect, test } from 'vitest';
import { MessageType, type Message } from './messages.js';
import { createFakeChaincode, textOf, type FakeChaincode } from './testdata/fake-chaincode.js';

const { Type } = peer.WriteRecord;
type RecordType = ReturnType<peer.WriteRecord['getType']>;

function record(type: RecordType | 99, key: string, value = '', collection = ''): peer.WriteRecord {
  const written = new peer.WriteRecord();
  written.setType(type as RecordType);
  written.setKey(key);
  written.setValue(Buffer.from(value));
  written.setCollection(collection);
  return written;
}

function batch(...records: peer.WriteRecord[]): Uint8Array {
  const message = new peer.WriteBatchState();
  message.setRecList(records);
  return message.serializeBinary();
}

function keys(list: readonly string[], collection = ''): Uint8Array {
  const message = new peer.GetStateMultiple();
  message.setKeysList([...list]);
  message.setCollection(collection);
  return message.serializeBinary();
}

const begin = (fake: FakeChaincode) => {
  const state = fake.state.begin();
  return { state, ...fake.begin({}, undefined, state.calls) };
};
const valuesOf = (answer: Message): string[] => peer.GetStateMultipleResult.deserializeBinary(answer.getPayload_asU8()).getValuesList_asU8().map((value) => Buffer.from(value).toString());

test('a batch writes what its records would write one by one, in order', async () => {
  const fake = createFakeChaincode();
  const { state, ref } = begin(fake);
  const answer = await fake.ask(ref, MessageType.WRITE_BATCH_STATE, batch(
    record(Type.PUT_STATE, 'a', '1'), record(Type.PUT_STATE, 'a', '2', 'stones'), record(Type.DEL_STATE, 'b'), record(Type.PURGE_PRIVATE_DATA, 'c', '', 'stones'), record(Type.PUT_STATE, 'e'),
  ));
  expect([answer.getType(), answer.getPayload_asU8().length]).toEqual([MessageType.RESPONSE, 0]);
  expect(state.writes.map(({ operation, dataset, key, value }) => [operation, dataset, key, Buffer.from(value).toString()])).toEqual([
    ['put', '', 'a', '1'], ['put', 'stones', 'a', '2'], ['delete', '', 'b', ''], ['purge', 'stones', 'c', ''], ['delete', '', 'e', ''],
  ]);
});

test('a batch ends at the first record that fails, with the text of that record’s own message', async () => {
  const fake = createFakeChaincode();
  const { state, ref } = begin(fake);
  const answer = await fake.ask(ref, MessageType.WRITE_BATCH_STATE, batch(record(Type.PUT_STATE, 'a', '1'), record(Type.PUT_STATE, '', '2'), record(Type.PUT_STATE, 'c', '3')));
  expect(textOf(answer)).toBe('WRITE_BATCH_STATE failed: transaction ID: tx1: key must not be an empty string');
  expect(state.writes.map(({ key }) => key)).toEqual(['a']);
  expect(textOf(await fake.ask(ref, MessageType.WRITE_BATCH_STATE, batch(record(99, 'a'))))).toContain('unknown operation type');
  expect(textOf(await fake.ask(ref, MessageType.WRITE_BATCH_STATE, batch(record(Type.PURGE_PRIVATE_DATA, 'a'))))).toContain('only applicable for private data');
  expect(textOf(await fake.ask(ref, MessageType.WRITE_BATCH_STATE, Buffer.from('ffff', 'hex')))).toContain('unmarshal failed');
});

test('records and keys count as single messages do', async () => {
  const writing = createFakeChaincode({ maxWrites: 2 });
  const written = begin(writing);
  await writing.ask(written.ref, MessageType.WRITE_BATCH_STATE, batch(...['a', 'b', 'c'].map((key) => record(Type.PUT_STATE, key, 'v'))));
  writing.complete(written.ref);
  await expect(written.result).rejects.toMatchObject({ code: 'CHAINCODE_LIMIT', details: { limit: 'maxWrites' } });
  const reading = createFakeChaincode({ maxReads: 5 });
  const read = begin(reading);
  await reading.ask(read.ref, MessageType.GET_STATE_MULTIPLE, keys(['a', 'b', 'c']));
  reading.complete(read.ref);
  await expect(read.result).rejects.toMatchObject({ code: 'CHAINCODE_LIMIT', details: { limit: 'maxReads' } });
});

test('several keys are answered in their order, absent ones as empty values', async () => {
  const fake = createFakeChaincode();
  fake.state.set('', 'a', '1');
  fake.state.set('stones', 'a', 'private');
  const { ref } = begin(fake);
  expect(valuesOf(await fake.ask(ref, MessageType.GET_STATE_MULTIPLE, keys(['b', 'a', 'a'])))).toEqual(['', '1', '1']);
  expect(valuesOf(await fake.ask(ref, MessageType.GET_STATE_MULTIPLE, keys(['a'], 'stones')))).toEqual(['private']);
  expect(valuesOf(await fake.ask(ref, MessageType.GET_STATE_MULTIPLE, keys([])))).toEqual([]);
  expect(textOf(await fake.ask(ref, MessageType.GET_STATE_MULTIPLE, keys(['a', ''])))).toContain('key must not be an empty string');
});
