import { SelvedgeError } from '@selvedge/errors';
import { describe, expect, test } from 'vitest';
import { MessageType, transactionKey } from './messages.js';
import { createFakeChaincode, requests, textOf } from './testdata/fake-chaincode.js';

const never = (): Promise<never> => new Promise(() => undefined);

describe('the protocol', () => {
  test('a request while another of the same transaction is pending', async () => {
    const fake = createFakeChaincode();
    const { ref, result } = fake.begin({}, undefined, { ...fake.state.begin().calls, getState: never });
    fake.send(ref, MessageType.GET_STATE, requests.get('k'));
    fake.send(ref, MessageType.GET_STATE, requests.get('k'));
    await expect(result).rejects.toMatchObject({ code: 'CHAINCODE_PROTOCOL' });
  });

  test.each([MessageType.TRANSACTION, MessageType.REGISTER, MessageType.RESPONSE, MessageType.UNDEFINED])('a message of type %i ends the process and what runs in it', async (type) => {
    const fake = createFakeChaincode();
    const { ref, result } = fake.begin();
    fake.send(ref, type);
    await expect(result).rejects.toMatchObject({ code: 'CHAINCODE_PROTOCOL' });
    expect(fake.breaches).toHaveLength(1);
    // It can run in another process.
    await expect(fake.begin().result).rejects.toMatchObject({ name: 'SharedFate', refusal: { code: 'CHAINCODE_PROTOCOL' } });
  });

  test('an end under several invocations names none of them as the reason', async () => {
    const fake = createFakeChaincode();
    const [a, b] = [fake.begin(), fake.begin()];
    fake.send(a.ref, MessageType.TRANSACTION);
    for (const { result } of [a, b]) await expect(result).rejects.toMatchObject({ name: 'SharedFate', refusal: { code: 'CHAINCODE_PROTOCOL' } });
    const stopped = createFakeChaincode();
    const [c, d] = [stopped.begin(), stopped.begin()];
    stopped.session.end(new SelvedgeError('DRAINING', 'the node stops'));
    for (const { result } of [c, d]) await expect(result).rejects.toMatchObject({ code: 'DRAINING' });
  });

  test('a refusal of the sandbox is the reason of a failure, and of nothing else', async () => {
    const fake = createFakeChaincode();
    const refusal = new SelvedgeError('CHAINCODE_NETWORK_REFUSED', 'the chaincode tried to use the network');
    const failed = fake.begin();
    fake.complete(failed.ref, 500);
    // by another pipe, so it may come a moment later
    fake.session.refuse(transactionKey(failed.ref), refusal);
    await expect(failed.result).rejects.toMatchObject({ code: 'CHAINCODE_NETWORK_REFUSED' });
    const handled = fake.begin();
    fake.session.refuse(transactionKey(handled.ref), refusal);
    fake.complete(handled.ref, 200);
    await expect(handled.result).resolves.toMatchObject({ status: 200 });
  });

  test('keep-alive messages are nothing', async () => {
    const fake = createFakeChaincode();
    const { ref, result } = fake.begin();
    fake.send({ channel: '', txId: '' }, MessageType.KEEPALIVE);
    fake.complete(ref);
    expect((await result).status).toBe(200);
  });

  test('requests outside of a transaction are refused as on Fabric, a flood of them ends the process', async () => {
    const fake = createFakeChaincode({ maxStrayMessages: 3 });
    const stray = { channel: 'trade', txId: 'other' };
    for (let index = 0; index < 3; index += 1) expect(textOf(await fake.ask(stray, MessageType.GET_STATE, requests.get('k')))).toBe('GET_STATE failed: transaction ID: other: no ledger context');
    expect(fake.breaches).toHaveLength(0);
    fake.send(stray, MessageType.GET_STATE);
    expect(fake.breaches).toMatchObject([{ code: 'CHAINCODE_PROTOCOL' }]);
  });

  test('the same transaction id on another channel is another transaction', async () => {
    const fake = createFakeChaincode();
    const a = fake.begin({ channel: 'a', txId: 'same' });
    const b = fake.begin({ channel: 'b', txId: 'same' });
    fake.complete(b.ref, 201);
    fake.complete(a.ref, 202);
    expect([(await a.result).status, (await b.result).status]).toEqual([202, 201]);
  });

  test('a result that does not parse', async () => {
    const fake = createFakeChaincode();
    const { ref, result } = fake.begin();
    fake.send(ref, MessageType.COMPLETED, Buffer.from('ffffffff', 'hex'));
    await expect(result).rejects.toMatchObject({ code: 'CHAINCODE_PROTOCOL' });
  });

  test('a request that does not parse fails like Fabric’s, and is no refusal', async () => {
    const fake = createFakeChaincode();
    const { ref, result } = fake.begin();
    expect(textOf(await fake.ask(ref, MessageType.GET_STATE, Buffer.from('ffffffff', 'hex')))).toMatch('GET_STATE failed: transaction ID: tx1: unmarshal failed');
    fake.complete(ref);
    expect((await result).status).toBe(200);
  });
});

describe('time', () => {
  test('the deadline fails one invocation and reports it', async () => {
    const fake = createFakeChaincode();
    const { ref, result } = fake.begin({ deadlineMs: 30 });
    await expect(result).rejects.toMatchObject({ code: 'CHAINCODE_TIMEOUT' });
    expect([fake.givenUp, fake.session.running, fake.session.abandoned]).toEqual([1, 0, 1]);
    fake.complete(ref);
    expect(fake.session.abandoned).toBe(0);
  });

  test('late requests of an abandoned invocation reach no state', async () => {
    const fake = createFakeChaincode();
    let reads = 0;
    const { ref, result } = fake.begin({ deadlineMs: 20 }, undefined, { ...fake.state.begin().calls, getState: () => { reads += 1; return Promise.resolve(undefined); } });
    await expect(result).rejects.toMatchObject({ code: 'CHAINCODE_TIMEOUT' });
    expect(textOf(await fake.ask(ref, MessageType.GET_STATE, requests.get('k')))).toContain('no ledger context');
    expect(reads).toBe(0);
  });

  test('a transaction that is still running, or abandoned, is not started again beside itself', async () => {
    const fake = createFakeChaincode();
    const { ref, result } = fake.begin({ txId: 'same', deadlineMs: 50 });
    await expect(fake.begin({ txId: 'same' }).result).rejects.toMatchObject({ code: 'OVERLOADED' });
    await expect(result).rejects.toMatchObject({ code: 'CHAINCODE_TIMEOUT' });
    await expect(fake.begin({ txId: 'same' }).result).rejects.toMatchObject({ code: 'OVERLOADED' });
    fake.complete(ref);
    const again = fake.begin({ txId: 'same' });
    fake.complete(again.ref);
    expect((await again.result).status).toBe(200);
  });

  test('an end while a request is pending waits for it, and no longer than the deadline', async () => {
    const fake = createFakeChaincode();
    const { ref, result } = fake.begin({ deadlineMs: 50 }, undefined, { ...fake.state.begin().calls, getState: never });
    fake.send(ref, MessageType.GET_STATE, requests.get('k'));
    fake.complete(ref);
    await expect(result).rejects.toMatchObject({ code: 'CHAINCODE_TIMEOUT' });
    expect(fake.session.abandoned).toBe(0);
  });

  test('the caller’s signal', async () => {
    const fake = createFakeChaincode();
    const abort = new AbortController();
    const { result } = fake.begin({}, abort.signal);
    abort.abort();
    await expect(result).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(fake.begin({}, abort.signal).result).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('at most so many at a time', async () => {
    const fake = createFakeChaincode({ maxInFlight: 2 });
    fake.begin();
    fake.begin();
    await expect(fake.begin().result).rejects.toMatchObject({ code: 'OVERLOADED' });
  });
});
