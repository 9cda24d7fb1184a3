import { createPublicKey } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { SUITE_NAMES, suiteByName, toHex } from '@selvedge/crypto';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { BatchRequestSchema, parseCores, RequestKind, teeSigningInput, type Core } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { createHistoryConfirmer, createReadsConfirmer, createSetConfirmer, createStateFetcher } from '@selvedge/tee-node';
import { placeOf, sealTestPacket, heldKeysOf, viewOf, type CertifiedNode } from '@selvedge/tee-node/testing';
import { buildRequest, type RequestChange } from './client.test.support.js';
import { createRecipientContexts } from '@selvedge/sealed-objects';
import { createBatchOverlay } from './domain/batch-overlay.js';
import { createKeptPoints } from './domain/kept-points.js';
import { openRequest } from './domain/open-request.js';
import { createSpeculativeSource } from './domain/speculative-source.js';
import { createExecution } from './execution.js';
import { hostOf, type TestChaincode } from './node.test.support.js';
import type { StateCalls } from './ports.js';
import { bytes, createSubmitter, text, type Submitter } from './submit.test.support.js';

const COLLECTION = 'auroraStones';

interface Setting {
  readonly net: TestConsortium;
  readonly certified: CertifiedNode;
  readonly submitter: Submitter;
}
async function settle(suite?: string, policy: Parameters<TestConsortium['setContractPolicy']>[0] = {}): Promise<Setting> {
  const net = await createTestConsortium(suite === undefined ? {} : { suite });
  net.setContractPolicy(policy);
  const certified = await net.issueComputeNode({ binding: { nodeId: 'compute-1' } });
  const submitter = createSubmitter(net, certified, net.organisation('AuroraMSP').client.signer);
  submitter.test.chaincode = program;
  return { net, certified, submitter };
}

/** FUNCTION DATASET KEY VALUE; with "called" in front, on the contract named bank. */
const program: TestChaincode = async (own, { args, channel }) => {
  const all = args.map((arg) => Buffer.from(arg).toString());
  const isCalled = all[0] === 'called';
  const state: StateCalls = isCalled ? (await own.openContract({ channel, contract: 'bank', args: [bytes('f')] })).state : own;
  const [name, dataset = '', key = '', value = ''] = isCalled ? all.slice(1) : all;
  if (name === 'add') {
    const sum = String(Number(text(await state.getState(dataset, key)) ?? '0') + Number(value));
    await state.putState(dataset, key, bytes(sum));
    return { payload: bytes(sum) };
  }
  if (name === 'purge') await state.purge(dataset, key);
  const found = name === 'read' ? text(await state.getState(dataset, key)) : 'done';
  return { payload: bytes(found ?? 'absent') };
};

const call = (args: readonly string[], change: RequestChange = {}): RequestChange => ({ ...change, body: { args: args.map(bytes), ...change.body } });
async function run({ submitter }: Setting, ...asked: RequestChange[]): Promise<{ results: string[]; cores: readonly Core[]; signature: Uint8Array; signed: Uint8Array }> {
  const requests = asked.map((change) => buildRequest(submitter.client, change));
  const { items, targetData } = await submitter.test.node.executeBatch(create(BatchRequestSchema, { items: requests.map(({ sealed }) => sealed) }), new AbortController().signal);
  const bytesOfCores = [...(targetData?.cores ?? [])];
  const results = requests.map((request, i) => {
    const { response, hasCore } = items[i]!;
    const opened = request.open(response!, hasCore ? bytesOfCores.shift() : undefined);
    return opened.refusal?.code ?? (opened.status >= 400 ? opened.message : Buffer.from(opened.payload).toString());
  });
  const cores = targetData === undefined ? [] : parseCores(targetData.cores, targetData.itemMask);
  return { results, cores, signature: targetData!.attachments!.teeSignatures[0]!.signature, signed: teeSigningInput(targetData!.cores) };
}

describe('a batch', () => {
  it.each(SUITE_NAMES)('is of its contract’s suite: %s', async (suite) => {
    const setting = await settle(suite);
    const { results, cores, signature, signed } = await run(setting, call(['add', '', 'k', '1']), call(['add', '', 'k', '10']));
    expect(results).toEqual(['1', '11']);
    expect(cores.map((core) => core.suite)).toEqual([suite, suite]);
    expect(suiteByName(suite).isSignatureValid(createPublicKey(setting.certified.privateKey), signed, signature)).toBe(true);
  });

  it('chains through a called contract, whose keys are its own', async () => {
    const setting = await settle();
    const { net, certified, submitter } = setting;
    const bank = net.addContract('bank');
    submitter.test.view = viewOf(net);
    submitter.test.keys = heldKeysOf(net, certified, [1n], [bank]);
    submitter.store('k', '100');
    const within: RequestChange = { body: { calledEpochs: [{ $typeName: 'selvedge.v1.ContractEpoch', contract: 'bank', epoch: 1n }] } };
    const { results, cores } = await run(
      setting,
      call(['called', 'add', '', 'k', '1'], within),
      call(['read', '', 'k']),
      call(['called', 'add', '', 'k', '10'], within),
    );
    expect(results).toEqual(['1', '100', '11']);
    expect(cores.map(({ sections }) => sections.map(({ contract }) => contract))).toEqual([[net.contract, 'bank'], [net.contract], [net.contract, 'bank']]);
    const written = cores[0]!.sections[1]!.writes[0]!.effect.value as Uint8Array;
    expect(cores[2]!.sections[1]!.reads.map(({ packetHash }) => toHex(packetHash))).toEqual([toHex(written)]);
  });

  it('shows what was purged as absent', async () => {
    const setting = await settle();
    setting.submitter.store('k', '5', COLLECTION, 'aurora');
    expect((await run(setting, call(['add', COLLECTION, 'k', '1']), call(['purge', COLLECTION, 'k']), call(['read', COLLECTION, 'k']))).results).toEqual(['6', 'done', 'absent']);
  });

  it('defers what writes a purged key: where a key is written once a transaction, nothing would be purged', async () => {
    const setting = await settle();
    expect((await run(setting, call(['purge', COLLECTION, 'k']), call(['add', COLLECTION, 'k', '1']))).results).toEqual(['done', 'BATCH_ITEM_DEFERRED']);
  });

  it('chains over entries that end by themselves', async () => {
    const setting = await settle();
    const { net } = setting;
    net.setContractPolicy({ ownerSets: net.contractPolicy.ownerSets.map((set) => (set.name === 'aurora' ? { ...set, blockToLive: 3n } : set)) });
    expect((await run(setting, call(['add', COLLECTION, 'k', '1']), call(['add', COLLECTION, 'k', '1']))).results).toEqual(['1', '2']);
  });
});

describe('what items wrote before the commit', () => {
  const evaluate = (args: readonly string[]): RequestChange => call(args, { body: { kind: RequestKind.EVALUATE } });

  it('is never what queries are answered with, from memory or not', async () => {
    const { net, certified, submitter } = await settle();
    const keptPoints = createKeptPoints({ maxBytes: 1e6, clock: () => 0 });
    keptPoints.advance({ from: 0n, to: submitter.business.height, changes: undefined });
    submitter.store('k', '5');
    const view = viewOf(net, { height: submitter.business.height });
    const keys = heldKeysOf(net, certified);
    const ledger = createStateFetcher({ network: net.network, channel: net.channel, nodes: [submitter.business], clock: () => 0, historyConfirmer: createHistoryConfirmer({ followers: [] }), confirmer: createSetConfirmer({ followers: [] }) });
    const execution = createExecution({ self: certified.self, channel: net.channel, source: ledger, readsConfirmer: createReadsConfirmer({ followers: [] }), host: hostOf(program), commits: { confirm: () => Promise.resolve() }, now: () => net.now, keptPoints, onMissingKeys: () => undefined });
    const context = { view, keys, signal: new AbortController().signal };
    const ask = async (speculative?: ReturnType<typeof createSpeculativeSource>): Promise<string> => {
      const unsealed = openRequest(buildRequest(submitter.client, evaluate(['read', '', 'k'])).sealed, { keys, profile: view.profile, ledger: view, contexts: createRecipientContexts(0) });
      const request = await execution.authorise(unsealed, context);
      const attempt = await execution.attempt(unsealed, request, speculative ?? ledger, context);
      return text(attempt.result().payload) ?? '';
    };
    const creator = toHex(submitter.client.signer.serialized);
    const overlay = createBatchOverlay();
    const { ledgerKey } = placeOf(net, '', 'k');
    const packet = sealTestPacket(net, { dataset: '', key: 'k', value: '6' }).bytes;
    overlay.add(creator, [{ contract: net.contract, dataset: '', datasetTag: placeOf(net, '', 'k').datasetTag, ledgerKey, packet, isPolicyChanged: false, isPurge: false }]);
    expect(await ask(createSpeculativeSource(ledger, overlay, creator))).toBe('6');
    expect(keptPoints.count).toBe(0);
    expect(await ask()).toBe('5');
    expect(keptPoints.count).toBe(1);
    // Nor is what is in memory what an item meets.
    expect(await ask(createSpeculativeSource(ledger, overlay, creator))).toBe('6');
  });
});
