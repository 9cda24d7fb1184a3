import { toHex } from '@selvedge/crypto';
import type { RefusalCode } from '@selvedge/errors';
import { encodeContractNames, facts, listFacts, readContractNames, type ContractNames } from '@selvedge/policy';
import { encodeMessage, MigrateNamesSchema, NamesAskedSchema, parseMessage, ReEncryptedSchema, RequestKind, StoredNamesSchema } from '@selvedge/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isPhaseDone } from './domain/stored-names.js';
import type { Gateway } from './gateway.js';
import { proposeNameStep, type ContractNameKeys } from './name-migration.js';
import { executeRequest, openRequest } from './testdata/fake-compute.js';
import { createFakeNetwork, type FakeNetwork } from './testdata/fake-network.js';

const KEYS = 70;
const RECORDED = { phase: 'copying', current: 1n, other: 2n } as const;
const CLEARING = { phase: 'clearing', current: 2n, other: 1n } as const;

let network: FakeNetwork;
let gateway: Gateway;
let names: ContractNameKeys;
let isClearing: boolean;
/** Keys that are to be seen to. */
let stored: Set<string>;
let asked: { readonly keys: string[]; readonly prolong: boolean }[];
let refusals: RefusalCode[];
let confirmations: boolean[];
let withoutNames: boolean;
/** Numbers of lists that are answered as of before the migration. */
let behind: number[];
let lists: number;

beforeEach(async () => {
  network = await createFakeNetwork();
  const { consortium, nodes } = network;
  stored = new Set(Array.from({ length: KEYS }, (_, i) => i.toString(16).padStart(64, '0')));
  [isClearing, asked, refusals, confirmations, withoutNames, behind, lists] = [false, [], [], [], false, [], 0];
  gateway = network.connect({ identity: consortium.organisation('AuroraMSP').admin.signer, random: () => 0 });
  names = gateway.getNetwork(consortium.channel).getNameKeys(consortium.contract);

  const listed = (argument: Uint8Array): Uint8Array => {
    const { confirm, maxKeys } = parseMessage(NamesAskedSchema, argument, 1e6);
    confirmations.push(confirm);
    const left = BigInt(stored.size);
    const counts = isClearing ? { current: 70n, other: left, toCopy: 0n } : { current: 70n, other: 70n - left, toCopy: left };
    lists += 1;
    if (behind[0] === lists - 1) {
      behind.shift();
      return encodeMessage(StoredNamesSchema, { names: { current: 1n }, datasets: [] });
    }
    const inUse = isClearing ? { current: 2n, other: 1n, clearing: true } : { current: 1n, other: 2n };
    return encodeMessage(StoredNamesSchema, { ...(withoutNames ? {} : { names: inUse }), datasets: [{ dataset: '', ...counts, keys: [...stored].slice(0, maxKeys).map((key) => Buffer.from(key, 'hex')) }, { dataset: 'ending', ending: true, current: 3n }] });
  };
  network.hooks.execute = (nodeId, _genuine, request) => {
    const { body } = openRequest(consortium, request);
    const node = nodes.find((each) => each.nodeId === nodeId)!;
    const [argument = new Uint8Array(0)] = body.args;
    const code = refusals.shift();
    if (code !== undefined) return executeRequest(consortium, node, request, { response: { status: 500, refusal: { code, role: 'compute', message: 'lost', action: '' } } });
    if (body.kind === RequestKind.LIST_NAMES) return executeRequest(consortium, node, request, { response: { status: 200, payload: listed(argument) } });
    expect(body.kind).toBe(RequestKind.MIGRATE_NAMES);
    const { ledgerKeys, prolong } = parseMessage(MigrateNamesSchema, argument, 1e6);
    const keys = ledgerKeys.map(toHex);
    asked.push({ keys, prolong });
    for (const key of keys) stored.delete(key);
    return executeRequest(consortium, node, request, { response: { status: 200, payload: encodeMessage(ReEncryptedSchema, { seen: keys.length, written: keys.length }) }, targetData: { writes: keys.map((key) => ({ key, value: 'v' })) } });
  };
});
afterEach(() => {
  gateway.close();
});

describe('a migration of names', () => {
  it('goes on until every entry was seen to, and is counted as a quorum confirms', async () => {
    const { after, ...done } = await names.migrate({ recorded: RECORDED, prolong: true });
    expect(done).toEqual({ written: KEYS, transactions: 2, conflicts: 0 });
    expect(asked.map(({ keys, prolong }) => [keys.length, prolong])).toEqual([[50, true], [20, true]]);
    expect(confirmations).toEqual([false, false, true]);
    expect(after).toMatchObject({ phase: 'copying', current: 1n, other: 2n, toCopy: 0n, left: 70n, unreadable: 0n });
    expect(after.datasets[1]).toEqual({ dataset: 'ending', isEnding: true, current: 3n, other: 0n, strays: 0n, toCopy: 0n, unreadable: 0n });
    expect(isPhaseDone(after)).toBe(true);
  });

  it('rests before anything is deleted, and can be ended then', async () => {
    isClearing = true;
    const stop = new AbortController();
    setTimeout(() => { stop.abort(); }, 300);
    await expect(names.migrate({ recorded: CLEARING, signal: stop.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(asked).toEqual([]);
    const { after } = await names.migrate({ recorded: CLEARING, settleMs: 1 });
    expect(asked.every(({ prolong }) => !prolong)).toBe(true);
    expect(after).toMatchObject({ phase: 'clearing', current: 2n, other: 1n, left: 0n });
  });

  it('waits for nodes whose keys are on their way', async () => {
    refusals = ['NOT_READY', 'NOT_READY'];
    expect(await names.migrate({ recorded: RECORDED })).toMatchObject({ written: KEYS });
  });

  it('takes no list and no count of a node that has not seen the step', async () => {
    // Two lists and the count are of the step before.
    behind = [0, 2];
    const { after } = await names.migrate({ recorded: RECORDED });
    expect([asked.flatMap(({ keys }) => keys).length, stored.size]).toEqual([KEYS, 0]);
    expect(after).toMatchObject({ phase: 'copying', toCopy: 0n });
    expect(confirmations.filter(Boolean)).toHaveLength(1);
    expect(behind).toEqual([]);
  });

  it('ends with what is refused otherwise, and believes no answer that leaves names out', async () => {
    withoutNames = true;
    await expect(names.count()).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' });
    refusals = ['RE_ENCRYPTION_DENIED'];
    await expect(names.migrate({ recorded: RECORDED })).rejects.toMatchObject({ code: 'RE_ENCRYPTION_DENIED' });
  });
});

describe('a phase', () => {
  const counted = { current: 1n, other: 2n, datasets: [], toCopy: 0n, left: 5n, strays: 0n, unreadable: 0n };
  it('is done when all is copied, or nothing is left', () => {
    expect(isPhaseDone({ ...counted, phase: 'copying' })).toBe(true);
    expect(isPhaseDone({ ...counted, phase: 'copying', toCopy: 1n })).toBe(false);
    expect(isPhaseDone({ ...counted, phase: 'copying', unreadable: 1n })).toBe(false);
    expect(isPhaseDone({ ...counted, phase: 'clearing' })).toBe(false);
    expect(isPhaseDone({ ...counted, phase: 'clearing', left: 0n })).toBe(true);
    expect(isPhaseDone({ ...counted, phase: 'clearing', left: 0n, strays: 2n })).toBe(true);
  });

  it('is done without entries that nothing opens where exactly those are given up', () => {
    for (const stuck of [{ ...counted, phase: 'copying', unreadable: 5n }, { ...counted, phase: 'clearing', unreadable: 5n }] as const) {
      expect([undefined, 0n, 4n, 5n, 6n].map((givenUp) => isPhaseDone(stuck, givenUp))).toEqual([false, false, false, true, false]);
    }
    expect(isPhaseDone({ ...counted, phase: 'copying', toCopy: 1n, unreadable: 5n }, 5n)).toBe(false);
    expect(isPhaseDone({ ...counted, phase: 'clearing', left: 6n, unreadable: 5n }, 5n)).toBe(false);
  });
});

describe('a step', () => {
  const COPYING: ContractNames = { phase: 'copying', current: 1n, other: 2n, former: [], newest: 2n, commitments: [new Uint8Array(1)] };
  const broker = (): Parameters<typeof proposeNameStep>[0] => ({ connectionProfile: network.consortium as never, profile: network.consortium.profile, now: network.consortium.now });
  const ledger = (names_?: ContractNames) => {
    const { consortium } = network;
    const contract = facts.contract(consortium.contract);
    return listFacts([{ key: contract, value: consortium.state.fact(contract)! }, ...(names_ === undefined ? [] : [{ key: facts.nameKeys(consortium.contract), value: encodeContractNames(names_) }])]);
  };
  it('follows the phase', async () => {
    const { contract } = network.consortium;
    const [update] = await proposeNameStep(broker(), ledger(COPYING), contract, 'switch');
    expect(readContractNames(listFacts([{ key: update!.key, value: update!.value! }]), contract)).toMatchObject({ phase: 'clearing', current: 2n, other: 1n, former: [1n] });
    for (const step of ['finish', 'open'] as const) await expect(proposeNameStep(broker(), ledger(COPYING), contract, step)).rejects.toMatchObject({ code: 'NAME_MIGRATION_NOT_OPEN' });
    for (const step of ['switch', 'abort', 'finish'] as const) await expect(proposeNameStep(broker(), ledger(), contract, step)).rejects.toMatchObject({ code: 'NAME_MIGRATION_NOT_OPEN' });
    await expect(proposeNameStep(broker(), listFacts([]), contract, 'open')).rejects.toMatchObject({ code: 'CONTRACT_UNKNOWN' });
  });
});
