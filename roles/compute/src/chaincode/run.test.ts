import { peer } from '@hyperledger/fabric-protos';
import { SelvedgeError } from '@selvedge/errors';
import { describe, expect, test } from 'vitest';
import type { ChaincodeLimits } from './limits.js';
import { createMessage, MessageType } from './messages.js';
import { createFakeChaincode, requests, textOf, type FakeChaincode } from './testdata/fake-chaincode.js';
import type { TransactionRef } from './messages.js';

describe('limits', () => {
  const repeat = async (fake: FakeChaincode, ref: TransactionRef, count: number, type: 8 | 9 | 10 | 14, payload: Uint8Array): Promise<void> => {
    for (let index = 0; index < count; index += 1) await fake.ask(ref, type, payload);
  };
  test.each<[keyof ChaincodeLimits, number, (fake: FakeChaincode, ref: TransactionRef) => Promise<void>]>([
    ['maxReads', 20, (fake, ref) => repeat(fake, ref, 11, MessageType.GET_STATE, requests.get('big'))],
    ['maxReads', 3, (fake, ref) => repeat(fake, ref, 1, MessageType.GET_STATE_BY_RANGE, requests.range('', ''))],
    ['maxReadBytes', 2500, (fake, ref) => repeat(fake, ref, 3, MessageType.GET_STATE, requests.get('big'))],
    ['maxWrites', 2, (fake, ref) => repeat(fake, ref, 3, MessageType.PUT_STATE, requests.put('k', 'v'))],
    ['maxWrites', 2, (fake, ref) => repeat(fake, ref, 3, MessageType.DEL_STATE, requests.get('k'))],
    ['maxWriteBytes', 2500, (fake, ref) => repeat(fake, ref, 3, MessageType.PUT_STATE, requests.put('k', 'x'.repeat(1000)))],
    ['maxOpenQueries', 2, async (fake, ref) => {
      for (let index = 0; index < 150; index += 1) fake.state.set('', `q${String(index)}`, '');
      await repeat(fake, ref, 3, MessageType.GET_STATE_BY_RANGE, requests.range('', ''));
    }],
  ])('%s %i', async (name, maximum, use) => {
    const fake = createFakeChaincode({ [name]: maximum });
    for (const key of ['big', 'a', 'b', 'c']) fake.state.set('', key, 'x'.repeat(1000));
    const { ref, result } = fake.begin();
    await use(fake, ref);
    fake.complete(ref);
    await expect(result).rejects.toMatchObject({ code: 'CHAINCODE_LIMIT', details: { limit: name, maximum } });
  });

  test('maxResultBytes: result, error text and event', async () => {
    const fake = createFakeChaincode({ maxResultBytes: 100 });
    const long = fake.begin();
    fake.complete(long.ref, 200, Buffer.alloc(200));
    const error = fake.begin();
    fake.send(error.ref, MessageType.ERROR, Buffer.alloc(200));
    const event = fake.begin();
    const message = createMessage(MessageType.COMPLETED, event.ref, new peer.Response().serializeBinary());
    const chaincodeEvent = new peer.ChaincodeEvent();
    chaincodeEvent.setEventName('e');
    chaincodeEvent.setPayload(Buffer.alloc(200));
    message.setChaincodeEvent(chaincodeEvent);
    fake.session.receive(message);
    for (const { result } of [long, error, event]) await expect(result).rejects.toMatchObject({ code: 'CHAINCODE_LIMIT', details: { limit: 'maxResultBytes' } });
  });

  test('a chaincode that carries on after its refusal is cut off', async () => {
    const fake = createFakeChaincode({ maxWrites: 0 });
    const { ref, result } = fake.begin({ deadlineMs: 60_000 });
    for (let index = 0; index < 102; index += 1) {
      fake.send(ref, MessageType.PUT_STATE, requests.put('k', 'v'));
      await new Promise((resolve) => setImmediate(resolve));
    }
    // long before the deadline would end it
    expect(fake.session.running).toBe(0);
    await expect(result).rejects.toMatchObject({ code: 'CHAINCODE_LIMIT' });
    expect(fake.session.abandoned).toBe(1);
  });
});

describe('keys', () => {
  test.each([
    ['', 'key must not be an empty string'],
    ['x'.repeat(5000), 'key must not be longer than 4096 bytes'],
    ['\ufffd', 'invalid key, must be a UTF-8 string'],
  ])('%.10s', async (key, text) => {
    const fake = createFakeChaincode();
    const { ref } = fake.begin();
    for (const type of [MessageType.GET_STATE, MessageType.DEL_STATE, MessageType.GET_PRIVATE_DATA_HASH]) expect(textOf(await fake.ask(ref, type, requests.get(key)))).toContain(text);
    expect(textOf(await fake.ask(ref, MessageType.PUT_STATE, requests.put(key, 'v')))).toContain(text);
    expect(textOf(await fake.ask(ref, MessageType.PURGE_PRIVATE_DATA, requests.get(key, 'stones')))).toContain(text);
  });

  test('a range without a start begins at the first simple key; one of composite keys may end anywhere', async () => {
    const fake = createFakeChaincode();
    const begun = fake.state.begin();
    const { ref } = fake.begin({}, undefined, begun.calls);
    await fake.ask(ref, MessageType.GET_STATE_BY_RANGE, requests.range('', ''));
    await fake.ask(ref, MessageType.GET_STATE_BY_RANGE, requests.range('\u0000a', 'z'));
    expect(begun.ranges).toEqual([['', '\u0001', ''], ['', '\u0000a', 'z']]);
  });

  test('purge is for private data only', async () => {
    const fake = createFakeChaincode();
    const { ref } = fake.begin();
    expect(textOf(await fake.ask(ref, MessageType.PURGE_PRIVATE_DATA, requests.get('k')))).toContain('only applicable for private data');
  });
});

describe('refusals', () => {
  test('metadata other than a policy is refused by name, even when the chaincode carries on', async () => {
    const fake = createFakeChaincode();
    const { ref, result } = fake.begin();
    expect(textOf(await fake.ask(ref, MessageType.PUT_STATE_METADATA, requests.metadata('k', 'COLOUR', 'blue')))).toBe('PUT_STATE_METADATA failed: transaction ID: tx1: metadata other than the validation parameter is not supported yet');
    fake.complete(ref);
    await expect(result).rejects.toMatchObject({ code: 'CHAINCODE_UNSUPPORTED' });
  });

  const withState = (error: Error): { fake: FakeChaincode; ref: TransactionRef; result: Promise<unknown> } => {
    const fake = createFakeChaincode();
    return { fake, ...fake.begin({}, undefined, { ...fake.state.begin().calls, getState: () => Promise.reject(error) }) };
  };

  test('state that is withheld or forged fails the invocation even when the chaincode takes it for absent', async () => {
    for (const code of ['STATE_FORGED', 'STATE_UNAVAILABLE'] as const) {
      const { fake, ref, result } = withState(new SelvedgeError(code, 'a business node failed'));
      await fake.ask(ref, MessageType.GET_STATE, requests.get('k'));
      fake.complete(ref);
      await expect(result).rejects.toMatchObject({ code });
    }
  });

  test('a refusal that follows from the request may be handled by the chaincode, as on Fabric', async () => {
    const denied = new SelvedgeError('DATASET_ACCESS_DENIED', 'tx creator does not have read access permission');
    const handled = withState(denied);
    expect(textOf(await handled.fake.ask(handled.ref, MessageType.GET_STATE, requests.get('k')))).toBe('GET_STATE failed: transaction ID: tx1: tx creator does not have read access permission');
    handled.fake.complete(handled.ref);
    await expect(handled.result).resolves.toMatchObject({ status: 200 });
    const failed = withState(denied);
    await failed.fake.ask(failed.ref, MessageType.GET_STATE, requests.get('k'));
    failed.fake.complete(failed.ref, 500);
    await expect(failed.result).rejects.toMatchObject({ code: 'DATASET_ACCESS_DENIED' });
  });

  test('the text of a foreign error goes nowhere', async () => {
    const { fake, ref, result } = withState(new Error('secret detail'));
    expect(textOf(await fake.ask(ref, MessageType.GET_STATE, requests.get('k')))).not.toContain('secret');
    fake.complete(ref);
    await expect(result).rejects.toMatchObject({ code: 'INTERNAL', message: 'unexpected failure' });
  });
});
