import { peer } from '@hyperledger/fabric-protos';
import { SelvedgeError } from '@selvedge/errors';
import { describe, expect, test } from 'vitest';
import type { Invocation } from '../ports.js';
import type { CalledRun, Caller, RunCalled } from './calls.js';
import type { ChaincodeLimits } from './limits.js';
import { MessageType, type Message, type TransactionRef } from './messages.js';
import { createFakeChaincode, textOf, type FakeChaincode } from './testdata/fake-chaincode.js';
import { createMemoryState } from './testdata/memory-state.js';

const CODE = new Uint8Array(32).fill(7);
const SEED = new Uint8Array(32).fill(8);

function callOf(name: string, ...args: string[]): Uint8Array {
  const id = new peer.ChaincodeID();
  id.setName(name);
  const input = new peer.ChaincodeInput();
  input.setArgsList(args.map((arg) => Buffer.from(arg)));
  const spec = new peer.ChaincodeSpec();
  spec.setChaincodeId(id);
  spec.setInput(input);
  return spec.serializeBinary();
}

function completed(status = 200, message = '', payload = ''): CalledRun {
  const response = new peer.Response();
  response.setStatus(status);
  response.setMessage(message);
  response.setPayload(Buffer.from(payload));
  return { type: MessageType.COMPLETED, payload: response.serializeBinary() };
}

/** What the caller's shim gets to see. */
const inner = (answer: Message): { type: number; payload: Uint8Array; text: string; event: boolean } => {
  const message = peer.ChaincodeMessage.deserializeBinary(answer.getPayload_asU8());
  return { type: message.getType(), payload: message.getPayload_asU8(), text: Buffer.from(message.getPayload_asU8()).toString(), event: message.getChaincodeEvent() !== undefined };
};

interface Called {
  readonly invocation: Invocation;
  readonly signal: AbortSignal;
  readonly caller: Caller;
}

/** A fake chaincode that may call contracts `other` and `third`. */
function withOthers(run: (called: Called) => Promise<CalledRun>, limits: Partial<ChaincodeLimits> = {}): { fake: FakeChaincode; called: Called[]; ref: TransactionRef; result: Promise<unknown> } {
  const called: Called[] = [];
  const runCalled: RunCalled = (invocation, _state, signal, caller) => {
    called.push({ invocation, signal, caller });
    return run({ invocation, signal, caller });
  };
  const fake = createFakeChaincode(limits, runCalled);
  const { calls } = createMemoryState().begin();
  const opened = { codeHash: CODE, seed: SEED, idleSeed: CODE, state: { ...calls, openContract: () => Promise.resolve(opened) } };
  for (const name of ['other', 'third', 'diamonds']) fake.state.others.set(name, opened);
  return { fake, called, ...fake.begin({ args: [Buffer.from('outer')], transient: new Map([['t', Uint8Array.of(1)]]) }) };
}

describe('what is called', () => {
  test('runs with its own name, code and arguments, and the transaction of the one that calls', async () => {
    const { fake, called, ref } = withOthers(() => Promise.resolve(completed(201, 'm', 'p')));
    const answer = await fake.ask(ref, MessageType.INVOKE_CHAINCODE, callOf('other:2.0/trade', 'f', 'x'));
    expect(answer.getType()).toBe(MessageType.RESPONSE);
    expect(inner(answer)).toMatchObject({ type: MessageType.COMPLETED, event: false });
    expect(peer.Response.deserializeBinary(inner(answer).payload).toObject()).toMatchObject({ status: 201, message: 'm' });
    const [{ invocation }] = called as [Called];
    expect(invocation).toMatchObject({ channel: 'trade', contract: 'other', codeHash: CODE, seed: SEED, idleSeed: CODE, txId: 'tx1', creatorMspId: 'AuroraMSP', proposal: { contract: 'diamonds', args: [Buffer.from('outer')] } });
    expect(invocation.args.map((arg) => Buffer.from(arg).toString())).toEqual(['f', 'x']);
    expect(invocation.transient).toEqual(new Map([['t', Uint8Array.of(1)]]));
  });

  test('shows an error of its shim to the caller as it was sent', async () => {
    const { fake, ref, result } = withOthers(() => Promise.resolve({ type: MessageType.ERROR, payload: Buffer.from('shim trouble') }));
    expect(inner(await fake.ask(ref, MessageType.INVOKE_CHAINCODE, callOf('other')))).toMatchObject({ type: MessageType.ERROR, text: 'shim trouble' });
    fake.complete(ref);
    await expect(result).resolves.toMatchObject({ status: 200 });
  });

  test('may be called again once it has ended, and by a contract that is called', async () => {
    const { fake, called, ref, result } = withOthers(async ({ invocation, signal, caller }) => {
      if (invocation.contract === 'other') await caller.call(callOf('third'), signal);
      return completed();
    });
    for (let i = 0; i < 2; i += 1) await fake.ask(ref, MessageType.INVOKE_CHAINCODE, callOf('other'));
    fake.complete(ref);
    await expect(result).resolves.toMatchObject({ status: 200 });
    expect(called.map(({ invocation }) => invocation.contract)).toEqual(['other', 'third', 'other', 'third']);
    expect(called[1]?.invocation.proposal?.contract).toBe('diamonds');
  });
});

describe('refusals', () => {
  test('a contract that is running already is not entered again, and may handle that, as on Fabric', async () => {
    const texts: string[] = [];
    const { fake, ref, result } = withOthers(async ({ signal, caller }) => {
      for (const name of ['diamonds', 'other', 'diamonds/trade']) await caller.call(callOf(name), signal).catch((error: unknown) => texts.push((error as Error).message));
      return completed();
    });
    expect(textOf(await fake.ask(ref, MessageType.INVOKE_CHAINCODE, callOf('diamonds')))).toBe('INVOKE_CHAINCODE failed: transaction ID: tx1: execute failed: error sending: txid: tx1(trade) exists');
    await fake.ask(ref, MessageType.INVOKE_CHAINCODE, callOf('other'));
    expect(texts).toEqual(Array.from({ length: 3 }, () => 'execute failed: error sending: txid: tx1(trade) exists'));
    fake.complete(ref);
    await expect(result).resolves.toMatchObject({ status: 200 });
  });

  test.each(['qscc', 'cscc', 'lscc', '_lifecycle'])('the system chaincode %s is refused by name, even when the chaincode carries on', async (name) => {
    const { fake, called, ref, result } = withOthers(() => Promise.resolve(completed()));
    expect(textOf(await fake.ask(ref, MessageType.INVOKE_CHAINCODE, callOf(name, 'GetChainInfo')))).toContain(`system chaincode ${name}`);
    fake.complete(ref);
    await expect(result).rejects.toMatchObject({ code: 'CHAINCODE_UNSUPPORTED' });
    expect(called).toEqual([]);
  });

  test('a contract that cannot be opened, crashes or times out fails the transaction, even when the chaincode carries on', async () => {
    const unknown = withOthers(() => Promise.resolve(completed()));
    await unknown.fake.ask(unknown.ref, MessageType.INVOKE_CHAINCODE, callOf('nobody'));
    unknown.fake.complete(unknown.ref);
    await expect(unknown.result).rejects.toMatchObject({ code: 'CONTRACT_UNKNOWN' });
    const crashed = withOthers(() => Promise.reject(new SelvedgeError('CHAINCODE_CRASHED', 'it ended')));
    await crashed.fake.ask(crashed.ref, MessageType.INVOKE_CHAINCODE, callOf('other'));
    crashed.fake.complete(crashed.ref);
    await expect(crashed.result).rejects.toMatchObject({ code: 'CHAINCODE_CRASHED' });
  });

  test('an error of a called contract is the caller’s to judge; its reason counts when the caller fails as well', async () => {
    const refusal = new SelvedgeError('DATASET_ACCESS_DENIED', 'no access');
    for (const [status, outcome] of [[200, 'resolves'], [500, 'rejects']] as const) {
      const { fake, ref, result } = withOthers(() => Promise.resolve({ ...completed(500, 'denied'), refusal }));
      await fake.ask(ref, MessageType.INVOKE_CHAINCODE, callOf('other'));
      fake.complete(ref, status);
      await expect(result)[outcome].toMatchObject(outcome === 'resolves' ? { status } : { code: 'DATASET_ACCESS_DENIED' });
    }
  });

  test('a payload that does not parse fails like Fabric’s', async () => {
    const { fake, ref } = withOthers(() => Promise.resolve(completed()));
    expect(textOf(await fake.ask(ref, MessageType.INVOKE_CHAINCODE, Buffer.from('ffffffff', 'hex')))).toContain('unmarshal failed');
  });
});

describe('bounds', () => {
  test('calls and their depth', async () => {
    const deep = withOthers(async ({ signal, caller }) => caller.call(callOf('third'), signal), { maxCallDepth: 2 });
    await deep.fake.ask(deep.ref, MessageType.INVOKE_CHAINCODE, callOf('other'));
    deep.fake.complete(deep.ref);
    await expect(deep.result).rejects.toMatchObject({ code: 'CHAINCODE_LIMIT', details: { limit: 'maxCallDepth' } });
    const many = withOthers(() => Promise.resolve(completed()), { maxCalls: 2 });
    for (let i = 0; i < 3; i += 1) await many.fake.ask(many.ref, MessageType.INVOKE_CHAINCODE, callOf('other'));
    many.fake.complete(many.ref);
    await expect(many.result).rejects.toMatchObject({ code: 'CHAINCODE_LIMIT', details: { limit: 'maxCalls' } });
  });

  test('reads and writes are counted for all contracts together', async () => {
    const { fake, ref, result } = withOthers(({ caller }) => {
      for (let i = 0; i < 6; i += 1) caller.meter.write(1);
      return Promise.resolve(completed());
    }, { maxWrites: 10 });
    for (let i = 0; i < 2; i += 1) await fake.ask(ref, MessageType.INVOKE_CHAINCODE, callOf('other'));
    fake.complete(ref);
    await expect(result).rejects.toMatchObject({ code: 'CHAINCODE_LIMIT', details: { limit: 'maxWrites' } });
  });

  test('a called contract ends with the one that called it', async () => {
    const { fake, called, result } = (() => {
      const fresh = withOthers(({ signal }) => new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(new SelvedgeError('CANCELLED', 'ended')); }); }));
      const begun = fresh.fake.begin({ deadlineMs: 40 });
      fresh.fake.send(begun.ref, MessageType.INVOKE_CHAINCODE, callOf('other'));
      return { ...fresh, ...begun };
    })();
    await expect(result).rejects.toMatchObject({ code: 'CHAINCODE_TIMEOUT' });
    expect(called.map(({ signal }) => signal.aborted)).toEqual([true]);
    expect(fake.session.abandoned).toBe(1);
  });
});
