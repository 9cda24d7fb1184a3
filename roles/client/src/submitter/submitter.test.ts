import { create } from '@bufbuild/protobuf';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { refusalCodeOf } from '@selvedge/fixtures';
import { CarrierRefusalSchema, CoreSchema, createItemMask, encodeMessage, Ending, keptItems, parseCores, parseMessage, RequestHeaderSchema, RequestKind, SealedRequestSchema, StaleItemsSchema, SubmitterRequestSchema, ValidationCode, type ItemAnswer, type ItemEnd, type SubmitterMessage } from '@selvedge/protocol';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { parseSubmission } from '../domain/parse-submission.js';
import type { ConnectOptions, Gateway } from '../gateway.js';
import { executeRequests, openRequest, type FakeAnswer } from '../testdata/fake-compute.js';
import { createFakeNetwork, type FakeNetwork } from '../testdata/fake-network.js';
import { refusal } from '../testdata/fake-ports.js';
import { createFakeSubmitter, LIMITS, type FakeSubmitter } from '../testdata/fake-submitter.js';
import { createRequest } from '../testdata/requests.js';

let network: FakeNetwork;
let fake: FakeSubmitter;
let gateways: Gateway[];
/** Two clients with identities of their own. */
function connect(options: Partial<ConnectOptions> = {}): void {
  gateways = ['AuroraMSP', 'BorealisMSP'].map((mspId) => network.connect({ identity: network.consortium.organisation(mspId).client.signer, ...options }));
}
beforeEach(async () => {
  network = await createFakeNetwork();
  fake = createFakeSubmitter(network);
  network.hooks.submitter = fake.port;
  connect();
});

/** Each call's result, or the code that it was refused with; the clients call in turn, and what they hand in travels together. */
async function submit(...names: string[]): Promise<string[]> {
  fake.gather(names.length);
  const settled = await Promise.allSettled(names.map((name, i) => gateways[i % 2]!.getNetwork(network.consortium.channel).getContract(network.consortium.contract).submitTransaction(name, `argument-${name}`)));
  return settled.map((each) => (each.status === 'fulfilled' ? Buffer.from(each.value).toString() : isSelvedgeError(each.reason) ? each.reason.code : String(each.reason)));
}
/** Which place an item has in its batch is not the callers' to say. */
function expectOneRefused(settled: readonly string[], code: string): void {
  expect(settled.filter((each) => each === code)).toHaveLength(1);
  expect(settled.map((each, i) => (each === code ? code : `${'abc'[i]!}(argument-${'abc'[i]!})`))).toEqual(settled);
}
const resultsOf = (...names: string[]): string[] => names.map((name) => `${name}(argument-${name})`);
const hops = (hop: string): number => network.calls.filter((call) => call.startsWith(`${hop} `)).length;
/** Holds batches back at compute nodes until what this returns is called. */
function hold(): () => void {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => { release = resolve; });
  network.hooks.executeBatch = async (_node, genuine) => {
    await held;
    return genuine();
  };
  return release;
}
const queued = (count: number, { submitter }: Pick<FakeSubmitter, 'submitter'> = fake): Promise<void> => vi.waitFor(() => { expect(submitter.queued).toBe(count); }, 20_000);
/** Changes each client's answer. */
function tamperAnswer(change: (answer: ItemAnswer, client: number) => unknown): void {
  fake.tamper = (message, client) => {
    if (message.kind.case === 'answered') change(message.kind.value, client);
    return message;
  };
}
function tamperEnd(change: (end: ItemEnd) => unknown): void {
  fake.tamper = (message) => {
    if (message.kind.case === 'ended') change(message.kind.value);
    return message;
  };
}

/** Has every endorser refuse the executions that count: the ids and requests that were executed alone. */
function refuseForKeys(isRefused: (execution: number) => boolean): { readonly ids: ReadonlySet<string>; readonly requests: ReadonlySet<string> } {
  const [ids, requests] = [new Set<string>(), new Set<string>()];
  network.hooks.execute = (_peer, genuine, { header, ciphertext }) => {
    ids.add(Buffer.from(parseMessage(RequestHeaderSchema, header, 1_000).txId).toString('hex'));
    requests.add(Buffer.from(ciphertext).toString('hex'));
    return genuine();
  };
  network.hooks.endorse = (_mspId, genuine) => (isRefused(requests.size) ? Promise.reject(refusal('OWNER_COPY_MISMATCH')) : genuine());
  return { ids, requests };
}

/** On Fabric owners tell of what carried a batch only that it was refused. The first one here. */
function refuseCarrier(code: ValidationCode): void {
  network.hooks.batchCommitStatus = async (_mspId, genuine, [first], carrierTxId) => {
    const answer = await genuine();
    if (network.ledger.ordered.length > 1) return answer;
    network.ledger.refused = 1;
    return Object.assign(answer, { items: answer.items.map((item) => ({ ...item, known: false })), carrier: create(CarrierRefusalSchema, { txId: carrierTxId ?? first!, code, blockNumber: 5n }) });
  };
}
/** Two requests were handed in twice each, built anew under the ids that they had. */
function expectSameIds(): void {
  const [ids, texts] = [0, 1].map((half) => fake.received.flatMap((bytes, i) => (i % 2 === half ? [Buffer.from(half === 0 ? parseMessage(RequestHeaderSchema, bytes, 1_000).txId : bytes).toString('hex')] : [])));
  expect([ids!.length, new Set(ids).size, new Set(texts).size]).toEqual([4, 2, 4]);
}

describe('a submitter', () => {
  it('sends what different clients hand to it in one transaction, and each gets its own result and refusal', async () => {
    expect(await submit('a', 'b', 'fail', 'd')).toEqual(['a(argument-a)', 'b(argument-b)', 'CHAINCODE_ERROR', 'd(argument-d)']);
    expect([fake.batches, hops('execute'), hops('order')]).toEqual([[4], 1, 1]);
  });

  it('sends one alone as well', async () => {
    expect(await submit('a')).toEqual(resultsOf('a'));
    expect(fake.batches).toEqual([1]);
  });

  it('is given nothing that says what is asked for', async () => {
    await submit('a', 'b');
    const all = Buffer.concat(fake.received);
    expect([all.length > 0, all.includes('argument-'), all.includes('transient')]).toEqual([true, false, false]);
  });

  it('leaves to the requests themselves what names nodes or endorsers, and to the gateway what is staged or only read', async () => {
    const contract = gateways[0]!.getNetwork(network.consortium.channel).getContract(network.consortium.contract);
    await contract.submit('a', { endorsingOrganizations: ['NorthMSP', 'SouthMSP', 'EastMSP'] });
    await contract.evaluateTransaction('b');
    await (await (await contract.newProposal('c').execute()).endorse()).submit();
    expect(fake.batches).toEqual([]);
    connect({ submitter: 'none' });
    expect(await submit('d')).toEqual(resultsOf('d'));
    expect(fake.batches).toEqual([]);
  });

  it('is no reason for a query to fall behind what was committed through it', async () => {
    const seen: bigint[] = [];
    network.hooks.execute = (_peer, genuine, request) => {
      seen.push(openRequest(network.consortium, request).body.leastHeight);
      return genuine();
    };
    // Clients ask for one item, the submitter for both, and it is in the same process here.
    network.hooks.batchCommitStatus = async (_mspId, genuine, txIds) => {
      const answer = await genuine();
      return txIds.length > 1 ? answer : Object.assign(answer, { items: answer.items.map((item) => ({ ...item, blockNumber: 8n })) });
    };
    await submit('a', 'b');
    await gateways[0]!.getNetwork(network.consortium.channel).getContract(network.consortium.contract).evaluateTransaction('c');
    expect(seen).toEqual([9n]);
  });

  it('leaves a stale item out: its client alone learns of it', async () => {
    network.hooks.endorse = (_mspId, genuine, { cores, itemMask }) => (keptItems(cores, itemMask).length === 3 ? Promise.reject(refusal('STALE_READ')) : genuine());
    network.hooks.findStaleItems = () => Promise.resolve(create(StaleItemsSchema, { itemMask: createItemMask([1]) }));
    expectOneRefused(await submit('a', 'b', 'c'), 'STALE_READ');
  });

  it('lets a conflict at commit be the stale item’s; the others are made again', async () => {
    network.hooks.submit = async (_peer, genuine) => {
      const answer = await genuine();
      network.ledger.code = network.ledger.ordered.length === 1 ? ValidationCode.MVCC_READ_CONFLICT : ValidationCode.VALID;
      return answer;
    };
    network.hooks.findStaleItems = () => Promise.resolve(create(StaleItemsSchema, { itemMask: createItemMask([0]) }));
    expectOneRefused(await submit('a', 'b', 'c'), 'MVCC_READ_CONFLICT');
    expect(fake.batches.reduce((a, b) => a + b)).toBe(5);
  });

  it('has an item made again whose batch held an id that another transaction has used', async () => {
    network.hooks.submit = async (_peer, genuine) => {
      const answer = await genuine();
      network.ledger.code = network.ledger.ordered.length === 1 ? ValidationCode.DUPLICATE_TXID : ValidationCode.VALID;
      return answer;
    };
    expect(await submit('a', 'b')).toEqual(resultsOf('a', 'b'));
  });

  it.each<[string, ValidationCode]>([['lost a conflict', ValidationCode.MVCC_READ_CONFLICT], ['held an id that another transaction has used', ValidationCode.DUPLICATE_TXID], ['was not endorsed enough', ValidationCode.ENDORSEMENT_POLICY_FAILURE]])('is handed an item again under the id that it has, where what carried it %s and left that id free', async (_name, code) => {
    refuseCarrier(code);

    expect(await submit('a', 'b')).toEqual(resultsOf('a', 'b'));
    expectSameIds();
  });

  it('sends items their own ways when their batch fails before it is ordered, under the ids that they have', async () => {
    const ids: string[] = [];
    network.hooks.executeBatch = () => Promise.reject(new SelvedgeError('LIMIT_EXCEEDED', 'too large together', { role: 'compute' }));
    network.hooks.execute = (_peer, genuine, { header }) => {
      ids.push(Buffer.from(header).toString('hex'));
      return genuine();
    };
    expect(await submit('a', 'b')).toEqual(resultsOf('a', 'b'));
    expect(ids.every((header) => fake.received.some((bytes) => Buffer.from(bytes).toString('hex') === header))).toBe(true);
  });

  it('drops what its client has left before the batch began, and no other', async () => {
    const release = hold();
    const others = submit('a', 'b');
    await queued(2);
    const request = createRequest(network.consortium, RequestKind.SUBMIT);
    const gone = new AbortController();
    const left = fake.submitter.submit(create(SubmitterRequestSchema, { contract: request.contract, request: request.sealed }), 'x', gone.signal).next();
    await queued(3);
    gone.abort();
    expect((await left).done).toBe(true);
    expect(fake.submitter.queued).toBe(2);
    release();
    expect(await others).toEqual(resultsOf('a', 'b'));
    expect(await submit('c')).toEqual(resultsOf('c'));
    expect(fake.batches).toEqual([2, 1]);
  });

  it('finishes what it has when it is drained, and takes nothing more in; clients go by themselves', async () => {
    const release = hold();
    const before = submit('a', 'b');
    await queued(2);
    const drained = fake.submitter.drain();
    release();
    await drained;
    expect([await before, fake.submitter.queued]).toEqual([resultsOf('a', 'b'), 0]);
    const ordered = hops('order');
    expect(await submit('c', 'd')).toEqual(resultsOf('c', 'd'));
    expect(hops('order') - ordered).toBe(2);
  });

  it('that is lost before it answers is done without', async () => {
    fake.tamper = () => { throw new SelvedgeError('UNAVAILABLE', 'gone'); };
    network.hooks.executeBatch = () => Promise.reject(refusal('LIMIT_EXCEEDED'));
    expect(await submit('a')).toEqual(resultsOf('a'));
  });

  it('that is lost while keys change is done without, on the keys of then and under the id that the request has', async () => {
    fake.tamper = () => { throw new SelvedgeError('UNAVAILABLE', 'gone'); };
    network.hooks.executeBatch = () => Promise.reject(refusal('LIMIT_EXCEEDED'));
    const { ids, requests } = refuseForKeys((count) => count === 1);
    expect(await submit('a')).toEqual(resultsOf('a'));
    expect([ids.size, requests.size]).toEqual([1, 2]);
  });

  it('that may commit what it holds leads to no second commit where the present keys do not help', async () => {
    connect({ limits: { maxRebuilds: 1 } });
    fake.tamper = () => { throw new SelvedgeError('UNAVAILABLE', 'gone'); };
    network.hooks.executeBatch = () => Promise.reject(refusal('LIMIT_EXCEEDED'));
    const { ids, requests } = refuseForKeys(() => true);
    expect(await submit('a')).toEqual(['COMMIT_UNKNOWN']);
    expect([ids.size, requests.size]).toEqual([1, 2]);
  });

  it('that says nothing in time is done without', async () => {
    connect({ limits: { submitterTimeoutMs: 30 } });
    network.hooks.executeBatch = () => new Promise(() => undefined);
    expect(await submit('a')).toEqual(resultsOf('a'));
  });

  it('that is lost after it answered leaves the verdict to the owners', async () => {
    fake.tamper = (message) => {
      if (message.kind.case === 'ended') throw new SelvedgeError('UNAVAILABLE', 'gone');
      return message;
    };
    expect(await submit('a', 'b')).toEqual(resultsOf('a', 'b'));
    expect(hops('order')).toBe(1);
  });

  it('whose work cannot be told from what came after is COMMIT_UNKNOWN: the id is used up', async () => {
    fake.tamper = () => { throw new SelvedgeError('UNAVAILABLE', 'gone'); };
    network.hooks.endorse = (_mspId, genuine) => (hops('order') > 0 ? Promise.reject(refusal('DUPLICATE_TXID')) : genuine());
    network.hooks.execute = async (_peer, genuine) => {
      while (hops('order') === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      return genuine();
    };
    network.hooks.submitter = { ...fake.port, async *submit(contract, request, { signal = new AbortController().signal }) {
      // The batch goes on without its client.
      const going = fake.submitter.submit(create(SubmitterRequestSchema, { contract, request }), 'client', signal);
      void going.next();
      await new Promise((resolve) => setTimeout(resolve, 60));
      throw new SelvedgeError('UNAVAILABLE', 'gone');
      yield* [] as SubmitterMessage[];
    } };
    expect(await submit('a')).toEqual(['COMMIT_UNKNOWN']);
  });
});

describe('a submitter that lies', () => {
  it('by swapping two items’ answers is caught', async () => {
    const held = new Map<number, ItemAnswer>();
    // The second client is given the first one's.
    tamperAnswer((answer, client) => {
      held.set(client, { ...answer });
      if (client === 2) Object.assign(answer, held.get(1));
    });
    expect(await submit('a', 'b')).toEqual(['a(argument-a)', 'DECRYPT_FAILED']);
  });

  it.each<[string, (answer: ItemAnswer) => unknown, string]>([
    ['a response that was altered', ({ response }) => { response!.ciphertext[3]! ^= 1; }, 'DECRYPT_FAILED'],
    ['no response', (answer) => { delete answer.response; }, 'TARGET_DATA_INCONSISTENT'],
    ['another core than the response is sealed to', (answer) => { answer.core = encodeMessage(CoreSchema, { ...parseCores([answer.core], new Uint8Array(0))[0]!, responseDigest: new Uint8Array(32) }); }, 'DECRYPT_FAILED'],
    ['a response without its core', (answer) => { answer.core = new Uint8Array(0); }, 'DECRYPT_FAILED'],
    ['another place in the batch', (answer) => { answer.index = 1; answer.count = 1; }, 'MALFORMED_MESSAGE'],
    ['another path', ({ path }) => { path[0]![0]! ^= 1; }, 'TEE_SIGNATURE_INVALID'],
    ['no TEE’s signature', (answer) => { answer.teeSignatures = []; }, 'TARGET_DATA_INCONSISTENT'],
    ['another TEE’s signature', ({ teeSignatures }) => { teeSignatures[0]!.signature[8]! ^= 1; }, 'TEE_SIGNATURE_INVALID'],
    ['the answer as another node’s', ({ response }) => { response!.nodeId = 'compute-9'; }, 'DECRYPT_FAILED'],
  ])('by passing on %s is caught', async (_name, change, code) => {
    tamperAnswer((answer, client) => { if (client === 1) change(answer); });
    expect(await submit('a', 'b')).toEqual([code, 'b(argument-b)']);
  });

  it.each<[string, FakeAnswer, string]>([
    ['that it has a result and nothing to commit', { omitTargetData: true }, 'TARGET_DATA_INCONSISTENT'],
    ['another response than its core names', { signedResponse: { status: 200, payload: Buffer.from('another') } }, 'RESPONSE_DIGEST_MISMATCH'],
    ['a gated core', { response: { status: 200, gatedResult: Buffer.from('sealed') }, targetData: { changeCore: (core) => { core.gated = true; } } }, 'TARGET_DATA_INCONSISTENT'],
  ])('with a compute node’s host, which passes on %s, is caught', async (_name, answer, code) => {
    const [node] = network.nodes;
    network.hooks.executeBatch = (_peer, _genuine, requests) => executeRequests(network.consortium, node!, requests, answer);
    expect(await submit('a')).toEqual([code]);
  });

  it('by passing on more signatures than a batch has is caught', async () => {
    tamperAnswer((answer) => { answer.teeSignatures = Array.from({ length: 65 }, () => answer.teeSignatures[0]!); });
    expect(await submit('a')).toEqual(['LIMIT_EXCEEDED']);
  });

  it.each<[string, Partial<ConnectOptions>]>([['alone', {}], ['in a batch of its own', { batching: { contract: { maxBatch: 2, maxBatchDelayMs: 20 } } }]])('would be caught by a request that goes %s as well, where owners say that another execution was committed', async (_name, { batching }) => {
    connect({ submitter: 'none', ...(batching === undefined ? {} : { batching: { [network.consortium.contract]: { maxBatch: 2, maxBatchDelayMs: 200 } } }) });
    network.hooks.commitStatus = async (_mspId, genuine) => Object.assign(await genuine(), { coreDigest: new Uint8Array(32) });
    const contract = gateways[0]!.getNetwork(network.consortium.channel).getContract(network.consortium.contract);
    const codes = await Promise.all(['a', 'b'].map((name) => refusalCodeOf(contract.submitTransaction(name))));
    expect(codes).toEqual(['DUPLICATE_TXID', 'DUPLICATE_TXID']);
  });

  it('by saying that something is committed which is not is not believed', async () => {
    connect({ limits: { commitStatusTimeoutMs: 50 } });
    network.hooks.submit = () => Promise.reject(refusal('UNAVAILABLE'));
    network.hooks.commitStatus = (_mspId, genuine) => genuine();
    tamperEnd((end) => { Object.assign(end, { ending: Ending.ORDERED, refusal: undefined }); });
    expect(await submit('a', 'b')).toEqual(['COMMIT_UNKNOWN', 'COMMIT_UNKNOWN']);
  });

  it('by saying how an item ended before it has shown an answer is not believed', async () => {
    fake.tamper = (message) => (message.kind.case === 'answered' ? undefined : message);
    expect(await submit('a')).toEqual(['COMMIT_UNKNOWN']);
  });

  it('by having another execution of the request committed is caught by what owners say was committed', async () => {
    const [node] = network.nodes;
    // What the client is shown is an execution of before; what is ordered, the one of now.
    network.hooks.executeBatch = async (_peer, genuine, requests) => {
      const earlier = await executeRequests(network.consortium, node!, requests, { targetData: { changeCore: (core) => { core.sections[0]!.reads = []; core.sections[0]!.writes = []; } } });
      shown.push(earlier);
      return genuine();
    };
    const shown: Awaited<ReturnType<typeof executeRequests>>[] = [];
    tamperAnswer((answer) => {
      const [earlier] = shown;
      Object.assign(answer, { response: earlier!.items[0]!.response, core: earlier!.targetData!.cores[0], path: [], index: 0, count: 1, teeSignatures: earlier!.targetData!.attachments!.teeSignatures });
    });
    expect(await submit('a')).toEqual(['DUPLICATE_TXID']);
  });

  it('by having owners asked who do not say what was committed is not believed', async () => {
    network.hooks.commitStatus = async (_mspId, genuine) => Object.assign(await genuine(), { coreDigest: new Uint8Array(0) });
    expect(await submit('a')).toEqual(['COMMIT_UNKNOWN']);
  });

  it('by calling an item stale where what carried it was refused is not believed: its id is free, and it goes again under it', async () => {
    refuseCarrier(ValidationCode.MVCC_READ_CONFLICT);
    tamperEnd((end) => Object.assign(end, { ending: Ending.STALE }));
    expect(await submit('a', 'b')).toEqual(resultsOf('a', 'b'));
    expectSameIds();
  });

  it('and is full when it is handed in again leaves open what becomes of it', async () => {
    refuseCarrier(ValidationCode.MVCC_READ_CONFLICT);
    const full = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(refusal('OVERLOADED')) }) };
    network.hooks.submitter = { ...fake.port, submit: (...call) => (network.ledger.ordered.length === 0 ? fake.port.submit(...call) : full) };
    expect(await submit('a', 'b')).toEqual(['COMMIT_UNKNOWN', 'COMMIT_UNKNOWN']);
  });

  it('by saying that nothing of an item was ordered leads to no second commit: the item keeps its id', async () => {
    fake.tamper = (message) => {
      if (message.kind.case === 'answered') return undefined;
      Object.assign(message.kind.value ?? {}, { ending: Ending.ALONE });
      return message;
    };
    network.hooks.endorse = (_mspId, genuine) => (hops('order') > 0 ? Promise.reject(refusal('DUPLICATE_TXID')) : genuine());
    expect(await submit('a')).toEqual(['COMMIT_UNKNOWN']);
    expect(hops('order')).toBe(1);
  });

  it('by naming a change of keys that was none leads to no second commit either', async () => {
    fake.tamper = (message) => {
      if (message.kind.case === 'answered') return undefined;
      Object.assign(message.kind.value ?? {}, { ending: Ending.STALE, refusal: { $typeName: 'selvedge.v1.Refusal', code: 'KEY_EPOCH_RETIRED', role: 'endorser', message: 'old', action: '' } });
      return message;
    };
    expect(await submit('a')).toEqual(['COMMIT_UNKNOWN']);
    expect(hops('order')).toBe(1);
  });
});

describe('what a submitter takes in', () => {
  const handIn = (fakes: FakeSubmitter, change: (request: ReturnType<typeof createRequest>['sealed']) => unknown = () => undefined, contract = network.consortium.contract, client = 'x'): Promise<string | undefined> => {
    const request = create(SealedRequestSchema, { ...createRequest(network.consortium, RequestKind.SUBMIT).sealed });
    change(request);
    return refusalCodeOf(fakes.submitter.submit(create(SubmitterRequestSchema, { contract, request }), client, new AbortController().signal).next());
  };
  /** Hands one in that waits for others. */
  const wait = async ({ submitter }: Pick<FakeSubmitter, 'submitter'>, client: string, request = createRequest(network.consortium, RequestKind.SUBMIT)): Promise<void> => {
    const before = submitter.queued;
    void submitter.submit(create(SubmitterRequestSchema, { contract: request.contract, request: request.sealed }), client, new AbortController().signal).next();
    await queued(before + 1, { submitter });
  };
  const bytesOf = (): number => parseSubmission(create(SubmitterRequestSchema, { contract: network.consortium.contract, request: createRequest(network.consortium, RequestKind.SUBMIT).sealed }), network.consortium).bytes;

  it('is of a contract that the ledger has', async () => {
    connect();
    expect(await handIn(fake, undefined, 'nowhere')).toBe('CONTRACT_UNKNOWN');
  });

  it.each<[string, () => Partial<typeof LIMITS>, string]>([
    ['requests', () => ({ maxQueued: 1 }), 'y'],
    ['bytes', () => ({ maxQueuedBytes: bytesOf() * 1.5 }), 'y'],
    ['requests of one client', () => ({ maxQueuedPerClient: 1 }), 'x'],
  ])('is bounded in %s, and refused by name beyond', async (_name, limits, client) => {
    const small = createFakeSubmitter(network, { limits: { ...LIMITS, ...limits() } });
    hold();
    await wait(small, 'x');
    expect(await handIn(small, undefined, undefined, client)).toBe('OVERLOADED');
  });

  it('is of the contract’s suite', async () => {
    const change = (request: { header: Uint8Array }): void => {
      request.header = encodeMessage(RequestHeaderSchema, { ...parseMessage(RequestHeaderSchema, request.header, 1_024), suite: 'SM2-SM4GCM-SM3' });
    };
    expect(await handIn(fake, change)).toBe('UNKNOWN_SUITE');
  });

  it('is none once it is drained', async () => {
    await fake.submitter.drain();
    expect(await handIn(fake)).toBe('DRAINING');
  });

  it('holds an id once', async () => {
    const slow = createFakeSubmitter(network);
    hold();
    const request = createRequest(network.consortium, RequestKind.SUBMIT);
    await wait(slow, 'x');
    await wait(slow, 'x', request);
    expect(await handIn(slow, (sealed) => Object.assign(sealed, request.sealed))).toBe('REQUEST_REPLAYED');
  });

  it('is refused to its caller as full, and sent nowhere else', async () => {
    network.hooks.submitter = createFakeSubmitter(network, { limits: { ...LIMITS, maxQueuedBytes: 1 } }).port;
    expect(await submit('a')).toEqual(['OVERLOADED']);
    expect(hops('execute')).toBe(0);
  });
});
