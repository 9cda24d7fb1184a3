import { createHash } from 'node:crypto';
import { common, msp, peer } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createMemoryState, type MemoryState } from './testdata/memory-state.js';
import { BEHAVIOURS, createTestStore, openTestHost, type TestCall, type TestHost, type TestStore } from './testdata/test-host.js';

let store: TestStore;
let it: TestHost;
beforeAll(async () => {
  store = await createTestStore(BEHAVIOURS);
  it = await openTestHost(store);
});
afterAll(async () => {
  await it.close();
  await store.remove();
});

/** State of contract `other`, which runs the same package in a process of its own. */
let other: MemoryState;
let begun: ReturnType<MemoryState['begin']>;
beforeEach(() => {
  other = createMemoryState();
  begun = other.begin();
  const own = it.state;
  const run = { codeHash: store.codeHash, seed: new Uint8Array(32).fill(1), idleSeed: new Uint8Array(32).fill(2) };
  const opened = { ...run, state: begun.calls };
  const first = { ...run, state: own.begin().calls };
  own.others.clear();
  for (const [name, contract] of [['other', opened], ['behaviours', first]] as const) for (const state of [own, other]) state.others.set(name, contract);
});

interface Answer { readonly status: number; readonly message: string; readonly payload: string }
const call = async (args: readonly string[], options?: TestCall): Promise<Answer> => JSON.parse(await it.text(args, options)) as Answer;

test('another contract runs in a process of its own and answers the caller', async () => {
  const answer = await call(['call', 'other', '', 'show', 'a']);
  expect(answer.status).toBe(200);
  const shown = JSON.parse(answer.payload) as { args: string[]; channel: string; creatorMspId: string };
  expect(shown).toMatchObject({ args: ['a'], channel: 'trade', creatorMspId: 'AuroraMSP', processMspId: 'AuroraMSP' });
  // Globals are a process's.
  const own = [await it.text(['count']), await it.text(['count'])];
  const theirs = [await call(['call', 'other', '', 'count']), await call(['call', 'other/trade', '', 'count'])];
  expect([own, theirs.map(({ payload }) => payload)]).toEqual([['1', '2'], ['1', '2']]);
});

test('its reads and writes are its own, and those of a second call follow on the first', async () => {
  other.set('', 'k', 'theirs');
  it.state.set('', 'k', 'mine');
  expect(await call(['call', 'other', '', 'get', '', 'k'])).toMatchObject({ payload: 'theirs' });
  await it.text(['callTwice', 'other', '', 'putThenGet', 'k', 'new']);
  expect(begun.writes.map(({ key, value }) => [key, Buffer.from(value).toString()])).toEqual([['k', 'new'], ['k', 'new']]);
  expect(it.state.get('', 'k')).toBe('mine');
});

test('its error reaches the caller with its status and text', async () => {
  expect(await call(['call', 'other', '', 'fail', 'no such stone'])).toEqual({ status: 500, message: 'no such stone', payload: '' });
});

test('neither itself nor a contract that waits for it is called, which the caller may handle', async () => {
  const txId = 'ab'.repeat(32);
  const text = `INVOKE_CHAINCODE failed: transaction ID: ${txId}: execute failed: error sending: txid: ${txId}(trade) exists`;
  expect(await call(['tryCall', 'behaviours', '', 'count'], { txId })).toEqual({ error: text });
  const back = await call(['call', 'other', '', 'tryCall', 'behaviours', '', 'count'], { txId });
  expect(JSON.parse(back.payload)).toEqual({ error: text });
});

test('only the first contract’s event is the transaction’s', async () => {
  expect((await it.run(['eventAndCall', 'other', '', 'event', 'theirs', 'x'])).event?.name).toBe('mine');
  expect((await it.run(['callWithoutEvent', 'other'])).event).toBeUndefined();
});

test('a called contract that crashes or hangs ends the transaction, and no other', async () => {
  await expect(it.run(['tryCall', 'other', '', 'exit', '3'])).rejects.toMatchObject({ code: 'CHAINCODE_CRASHED' });
  await expect(it.run(['tryCall', 'other', '', 'hang'], { deadlineMs: 2000 })).rejects.toMatchObject({ code: 'CHAINCODE_TIMEOUT' });
  expect(await it.text(['get', '', 'none'])).toBe('');
  expect(await call(['call', 'other', '', 'get', '', 'none'])).toMatchObject({ status: 200 });
});

test('a called contract whose process ends through another transaction runs again with the one that called it', async () => {
  const slow = it.text(['call', 'other', '', 'slow', '1500']);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await expect(it.run(['tryCall', 'other', '', 'exit', '3'])).rejects.toMatchObject({ code: 'CHAINCODE_CRASHED' });
  expect(JSON.parse(await slow)).toMatchObject({ payload: 'slow' });
});

test('both contracts are shown the client’s proposal, as a Fabric peer shows it', async () => {
  const nonce = Buffer.from('0123456789abcdef01234567');
  const transient = new Map([['t', Uint8Array.of(1)]]);
  const shown = async (args: readonly string[]): Promise<Record<string, string | number>> => {
    const result = JSON.parse(await it.text(args, { nonce, transient, timestamp: { seconds: 1_700_000_000n, nanos: 7_000_000 } })) as Record<string, string | number> & { payload?: string };
    return args[0] === 'call' ? (JSON.parse(result.payload ?? '') as Record<string, string | number>) : result;
  };
  const direct = await shown(['signedProposal', 'x']);
  const called = await shown(['call', 'other', '', 'signedProposal', 'x']);
  for (const view of [direct, called]) {
    expect(view).toMatchObject({ channelId: 'trade', type: common.HeaderType.ENDORSER_TRANSACTION, epoch: 0, timestamp: '2023-11-14T22:13:20.007Z', nonce: nonce.toString('hex'), creator: 'AuroraMSP', headerCreator: 'AuroraMSP', signatureLength: 0 });
    const identity = new msp.SerializedIdentity();
    identity.setMspid('AuroraMSP');
    identity.setIdBytes(Buffer.from(view.certificate as string));
    const creator = Buffer.from(identity.serializeBinary());
    expect(view.txId).toBe(createHash('sha256').update(nonce).update(creator).digest('hex'));
    // protoutil.ComputeProposalBinding: nonce, creator, epoch as eight little-endian bytes
    expect(view.binding).toBe(createHash('sha256').update(nonce).update(creator).update(Buffer.alloc(8)).digest('hex'));
    const extension = peer.ChaincodeHeaderExtension.deserializeBinary(Buffer.from(view.extension as string, 'hex'));
    expect(extension.getChaincodeId()?.getName()).toBe('behaviours');
  }
  const specOf = (view: Record<string, string | number>): peer.ChaincodeSpec | undefined => peer.ChaincodeInvocationSpec.deserializeBinary(Buffer.from(view.input as string, 'hex')).getChaincodeSpec();
  const argsOf = (view: Record<string, string | number>): string[] => specOf(view)?.getInput()?.getArgsList_asU8().map((arg) => Buffer.from(arg).toString()) ?? [];
  expect([argsOf(direct), direct.args]).toEqual([['signedProposal', 'x'], ['signedProposal', 'x']]);
  expect([argsOf(called), called.args]).toEqual([['call', 'other', '', 'signedProposal', 'x'], ['signedProposal', 'x']]);
  expect(specOf(called)?.getChaincodeId()?.getName()).toBe('behaviours');
});
