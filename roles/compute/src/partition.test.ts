import { toHex } from '@selvedge/crypto';
import { facts } from '@selvedge/policy';
import { ContractPolicySchema, encodeMessage, LIMITS, parseCores, RequestKind, ResponseSchema, SignedPartSchema, type ContractSection, type Core } from '@selvedge/protocol';
import { heldKeysOf, sealTestPacket, viewOf } from '@selvedge/tee-node/testing';
import { describe, expect, it } from 'vitest';
import type { TestChaincode } from './node.test.support.js';
import { forge, parseSigned, RULES } from './partition.test.support.js';
import type { StateCalls } from './ports.js';
import { bytes, calls, text } from './submit.test.support.js';
import { counting, partitionSetting } from './testdata/partition-setting.js';

const t = partitionSetting();
const versionsOf = (section: ContractSection | undefined): string[] => (section?.reads ?? []).map(({ packetHash }) => toHex(packetHash)).sort();

describe('a partitioned query', () => {
  it('runs the map on each part and the reduce over what they gave, in order, with their arguments', async () => {
    const { response, core } = await t.answerTo(RequestKind.EVALUATE, await t.both());
    expect(JSON.parse(text(response.payload)!)).toEqual({ own: ['own'], parts: [{ arguments: ['a'], result: '3' }, { arguments: ['b'], result: '4' }] });
    expect(core).toBeUndefined();
  });

  it('shows its client nothing of a part, and no length below the padding', async () => {
    const response = await t.call.map(t.on.test, 0, 2, ['a']);
    expect(response).toMatchObject({ status: 200, message: '', payload: new Uint8Array(0) });
    expect(response.map?.contracts).toEqual([t.net.contract]);
    t.use(() => Promise.resolve({ payload: bytes('canary-4711') }));
    expect(Buffer.from(encodeMessage(ResponseSchema, await t.call.map(t.on.test, 0, 2))).toString('latin1')).not.toContain('4711');
  });

  it('tells its client whether replicas saw one state', async () => {
    const digest = async (result: string): Promise<string> => {
      t.use(async (state) => { await state.getState('', 'a'); return { payload: bytes(result) }; });
      return toHex((await t.call.map(t.on.test, 0, 1)).map!.readDigest);
    };
    const first = await digest('1');
    expect(await digest('2')).toBe(first);
    t.on.store('a', '5');
    expect(await digest('1')).not.toBe(first);
  });

  it('says why a map failed', async () => {
    t.use(() => Promise.resolve({ status: 500, message: 'no such warehouse' }));
    expect(await t.call.map(t.on.test, 0, 2)).toMatchObject({ status: 500, message: 'no such warehouse' });
  });

  it('is confirmed as a whole, with what its maps read', async () => {
    t.net.state.height = 5n;
    t.start({ partitionedFunctions: RULES });
    const parts = await t.both();
    const { response } = await t.answerTo(RequestKind.EVALUATE, parts, { confirmQuorum: 2 });
    expect(response.confirmation?.mspIds.length).toBeGreaterThanOrEqual(2);
    t.on.store('a', '5');
    expect(await t.refusal(parts, { confirmQuorum: 2 }, RequestKind.EVALUATE)).toBe('STALE_READ');
  });
});

describe('a partitioned update', () => {
  it('has what its maps read in its own read set', async () => {
    const { response, section } = await t.answerTo(RequestKind.SUBMIT, await t.both());
    expect(JSON.parse(text(response.payload)!)).toMatchObject({ parts: [{ result: '3' }, { result: '4' }] });
    expect(versionsOf(section)).toEqual(t.stored);
    expect(section?.writes).toHaveLength(1);
  });

  it('is the same at every node that reduces', async () => {
    const request = t.call.reduce(RequestKind.SUBMIT, await t.both());
    const [one, two] = [await t.on.test.execute(request), await t.other.execute(request)];
    expect(one.targetData?.cores.map(toHex)).toEqual(two.targetData?.cores.map(toHex));
  });

  it('rests on the sets that its maps queried, with their statements', async () => {
    t.use(async (state, invocation, signal) => {
      if (text(invocation.args[0]) === 'Count') {
        let count = 0;
        for await (const { value } of await state.getRange('', 'a', 'c')) count += value.length;
        return { payload: bytes(String(count)) };
      }
      return counting(state, invocation, signal);
    });
    const part = await t.call.part(t.on.test, 0, 1);
    expect(parseSigned(part).statements.length).toBeGreaterThan(1);
    const request = t.call.reduce(RequestKind.SUBMIT, [part]);
    const { targetData } = await t.on.test.execute(request);
    const [core] = parseCores(targetData!.cores, new Uint8Array(0));
    expect(core?.sections[0]?.guardsRead).toHaveLength(1);
    expect(versionsOf(core?.sections[0])).toEqual(t.stored);
    expect(targetData?.attachments?.statements.length).toBe(parseSigned(part).statements.length);
  });

  it('has a section of each contract that a map called, and writes nowhere else', async () => {
    const bank = t.net.addContract('bank');
    const packet = sealTestPacket({ ...t.net, contract: 'bank', contractPolicy: bank.policy, contractKeys: bank.keys }, { key: 'k', value: '8' });
    t.on.business.put('houses', packet.bytes);
    t.on.test.view = viewOf(t.net);
    t.on.test.keys = heldKeysOf(t.net, t.nodes[0], [1n], [bank]);
    const body = { calledEpochs: [{ contract: 'bank', epoch: 1n }] };
    const reading: TestChaincode = async (state, invocation, signal) => {
      if (text(invocation.args[0]) !== 'Count') return counting(state, invocation, signal);
      const { state: called } = await state.openContract({ channel: t.net.channel, contract: 'bank', args: [bytes('f')] });
      return { payload: await called.getState('', 'k') ?? bytes('0') };
    };
    t.use(reading);
    const response = await t.call.map(t.on.test, 0, 1, [], body);
    expect(response.map?.contracts).toEqual([t.net.contract, 'bank']);
    const part = encodeMessage(SignedPartSchema, response.map!.part!);
    const { core } = await t.answerTo(RequestKind.SUBMIT, [part], body);
    expect(core?.sections.map(({ contract }) => contract)).toEqual([t.net.contract, 'bank']);
    expect(versionsOf(core?.sections[1])).toEqual([toHex(packet.hash)]);
    expect(core?.sections[1]?.writes).toEqual([]);
    // Of whichever contract, enough nodes must have signed.
    t.net.state.setFact(facts.contract('bank'), encodeMessage(ContractPolicySchema, { ...bank.policy, computeQuorum: 2 }));
    t.on.test.view = viewOf(t.net);
    expect(await t.refusal([part], body)).toBe('COMPUTE_QUORUM_NOT_MET');
    t.use(async (state) => {
      const { state: called } = await state.openContract({ channel: t.net.channel, contract: 'bank', args: [bytes('f')] });
      await called.putState('', 'k', bytes('9'));
      return {};
    });
    expect((await t.call.map(t.on.test, 0, 1, [], body)).refusal?.code).toBe('PART_WRITES');
  });

  it('does not write after a map has queried what nothing guards', async () => {
    t.start({ partitionedFunctions: RULES, datasets: [{ name: '', ownerSet: 'houses', contentGuard: false }] });
    t.use(async (state, invocation, signal) => {
      if (text(invocation.args[0]) !== 'Count') return counting(state, invocation, signal);
      await state.query('', { text: '{"selector":{}}', pageSize: undefined, bookmark: '' });
      return { payload: bytes('1') };
    });
    const part = await t.call.part(t.on.test, 0, 1);
    expect(await t.refusal([part])).toBe('CHAINCODE_UNSUPPORTED');
    expect(await t.refusal([part], { confirmQuorum: 2 }, RequestKind.EVALUATE)).toBe('FEATURE_UNSUPPORTED');
    expect(await t.refusal([part], {}, RequestKind.EVALUATE)).toBeUndefined();
  });

  it('rests on the key policies that its maps read, and on one of each', async () => {
    t.start({ partitionedFunctions: RULES, organisationMap: [{ chaincodeMspId: 'AuroraMSP', endorserMspId: 'NorthMSP' }] });
    t.use(async (state, invocation, signal) => {
      if (text(invocation.args[0]) !== 'Count') return counting(state, invocation, signal);
      await state.getKeyPolicy('', 'a');
      return { payload: bytes('1') };
    });
    const [part, ...others] = [await t.call.part(t.on.test, 0, 2), await t.call.part(t.on.test, 1, 2)];
    expect((await t.answerTo(RequestKind.SUBMIT, [part, ...others])).section?.keyPolicyReads).toHaveLength(1);
    expect(await t.refusal([part, ...others], { confirmQuorum: 2 }, RequestKind.EVALUATE)).toBe('FEATURE_UNSUPPORTED');
    const core = (same: Core): Core => ({ ...same, sections: same.sections.map((section) => ({ ...section, keyPolicyReads: section.keyPolicyReads.map((read) => ({ ...read, policy: bytes('other') })) })) });
    const changed = others.map((each) => forge(t.net, each, t.call.txId, { core, signers: [t.nodes[1]] }));
    expect(await t.refusal([part, ...changed])).toBe('STALE_READ');
  });

  it('is refused where its parts, or a part and the reduce, saw two versions of one key', async () => {
    const first = await t.call.part(t.on.test, 0, 2, ['a']);
    t.on.store('a', '5');
    expect(await t.refusal([first, await t.call.part(t.other, 1, 2, ['a'])])).toBe('STALE_READ');
    t.use(async (state, invocation, signal) => {
      if (text(invocation.args[0]) === 'Sum') await state.getState('', 'a').catch(() => undefined);
      return counting(state, invocation, signal);
    });
    expect(await t.refusal([first, await t.call.part(t.other, 1, 2, ['b'])])).toBe('STALE_READ');
  });
});

describe('a map', () => {
  it.each<[string, (state: StateCalls) => Promise<unknown>]>([
    ['a put', (state) => state.putState('', 'k', bytes('v'))],
    ['a delete', (state) => state.deleteState('', 'k')],
    ['a purge', (state) => state.purge('', 'k')],
    ['a put of which it makes nothing', (state) => state.putState('', 'k', bytes('v')).catch(() => undefined)],
  ])('is refused for %s', async (_, write) => {
    t.use(calls(write));
    expect((await t.call.map(t.on.test, 0, 1)).refusal?.code).toBe('PART_WRITES');
  });

  it('is refused for a key’s own policy', async () => {
    t.start({ partitionedFunctions: RULES, organisationMap: [{ chaincodeMspId: 'AuroraMSP', endorserMspId: 'NorthMSP' }] });
    t.use(calls((state) => state.setKeyPolicy('', 'absent', new Uint8Array(0)).catch(() => undefined)));
    expect((await t.call.map(t.on.test, 0, 1)).refusal?.code).toBe('PART_WRITES');
  });

  it('is refused for an event', async () => {
    t.use(() => Promise.resolve({ event: { name: 'E', payload: bytes('p') } }));
    expect((await t.call.map(t.on.test, 0, 1)).refusal?.code).toBe('PART_WRITES');
  });

  it('takes and gives text', async () => {
    t.use(() => Promise.resolve({ payload: Uint8Array.of(0xff) }));
    expect((await t.call.map(t.on.test, 0, 1)).refusal?.code).toBe('CHAINCODE_UNSUPPORTED');
    t.use(() => Promise.resolve({}));
    expect((await t.call.map(t.on.test, 0, 1, [], { args: [bytes('Total'), Uint8Array.of(0xff)] })).refusal?.code).toBe('CHAINCODE_UNSUPPORTED');
  });

  it('is of a function that the policy names', async () => {
    expect((await t.call.map(t.on.test, 0, 1, [], { args: [bytes('Count')] })).refusal?.code).toBe('PARTITION_UNKNOWN');
    expect(await t.refusal([await t.call.part(t.on.test, 0, 1, ['a'])], { args: [bytes('Other')] })).toBe('PARTITION_UNKNOWN');
  });

  it('fits into a part', async () => {
    t.use(() => Promise.resolve({ payload: new Uint8Array(LIMITS.maxPartBytes).fill(0x20) }));
    expect((await t.call.map(t.on.test, 0, 1)).refusal?.code).toBe('LIMIT_EXCEEDED');
  });
});

describe('a reduce', () => {
  it.each(['Sum', 'Stock:Sum', 'sum'])('is not to be called as %s by its client', async (name) => {
    for (const kind of [RequestKind.SUBMIT, RequestKind.EVALUATE]) {
      expect((await t.answerTo(kind, [], { args: [bytes(name), bytes('[{"arguments":["a"],"result":"1000"}]')] })).response.refusal?.code).toBe('PARTS_REQUIRED');
    }
  });

  it('is not to be called by another function', async () => {
    t.use(calls((state) => state.openContract({ channel: t.net.channel, contract: t.net.contract, args: [bytes('Sum')] })));
    expect((await t.answerTo(RequestKind.SUBMIT, [])).response.refusal?.code).toBe('PARTS_REQUIRED');
  });
});
