import { createTestConsortium, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { parseCores, RequestKind, type ContractSection, type Core, type Response } from '@selvedge/protocol';
import { beforeAll, beforeEach } from 'vitest';
import type { RequestChange } from '../client.test.support.js';
import { createTestNode, type TestChaincode, type TestNode } from '../node.test.support.js';
import { partitionedCall, RULES, type PartitionedCall } from '../partition.test.support.js';
import { bytes, createSubmitter, text, type Submitter } from '../submit.test.support.js';

/** What a partitioned call was answered with. */
interface Answered {
  readonly response: Response;
  readonly core: Core | undefined;
  readonly section: ContractSection | undefined;
}

/** Two compute nodes, a store and a client that calls in parts; new before each test. */
export interface PartitionSetting {
  net: TestConsortium;
  /** Three, of which the first two run. */
  nodes: readonly [TestComputeNode, TestComputeNode, TestComputeNode];
  on: Submitter;
  other: TestNode;
  call: PartitionedCall;
  /** Versions of what is stored under a and b. */
  stored: string[];
  /** Begins anew under this policy. */
  start(policy: Parameters<TestConsortium['setContractPolicy']>[0]): void;
  /** Has both nodes run this chaincode. */
  use(chaincode: TestChaincode): void;
  /** Parts of a and b, by one node each. */
  both(): Promise<Uint8Array[]>;
  answerTo(kind: RequestKind, parts: readonly Uint8Array[], body?: RequestChange['body']): Promise<Answered>;
  /** Code of the refusal. @param kind default: SUBMIT */
  refusal(parts: readonly Uint8Array[], body?: RequestChange['body'], kind?: RequestKind): Promise<string | undefined>;
}

/** Counts what lies under its arguments; sums what it counted. */
export const counting: TestChaincode = async (state, { args }) => {
  const [name, ...rest] = args.map((arg) => text(arg) ?? '');
  if (name === 'Count') return { payload: (await Promise.all(rest.map((key) => state.getState('', key)))).map((value) => text(value) ?? '-').map(bytes)[0] ?? bytes('0') };
  if (name !== 'Sum') throw new Error(`no function ${String(name)}`);
  const parts = JSON.parse(rest.pop() ?? '') as { arguments: string[]; result: string }[];
  await state.putState('', 'total', bytes(String(parts.reduce((sum, { result }) => sum + Number(result), 0))));
  return { payload: bytes(JSON.stringify({ own: rest, parts })) };
};

/** For a test file: filled before each of its tests. */
export function partitionSetting(): PartitionSetting {
  const t = {
    start(policy) {
      t.net.setContractPolicy(policy);
      t.on = createSubmitter(t.net, t.nodes[0], t.net.organisation('AuroraMSP').client.signer);
      t.other = createTestNode({ net: t.net, certified: t.nodes[1], business: [t.on.business] });
      t.call = partitionedCall(t.on.client);
      t.stored = [t.on.store('a', '3'), t.on.store('b', '4')].sort();
      t.use(counting);
    },
    use(chaincode) {
      t.on.test.chaincode = chaincode;
      t.other.chaincode = chaincode;
    },
    both: async () => [await t.call.part(t.on.test, 0, 2, ['a']), await t.call.part(t.other, 1, 2, ['b'])],
    async answerTo(kind, parts, body = {}) {
      const request = t.call.reduce(kind, parts, body);
      const sealed = await t.on.test.execute(request);
      const [core] = sealed.targetData === undefined ? [] : parseCores(sealed.targetData.cores, new Uint8Array(0));
      return { response: request.open(sealed), core, section: core?.sections[0] };
    },
    refusal: async (parts, body = {}, kind = RequestKind.SUBMIT) => (await t.answerTo(kind, parts, body)).response.refusal?.code,
  } as PartitionSetting;
  beforeAll(async () => {
    t.net = await createTestConsortium();
    const issue = (i: number): Promise<TestComputeNode> => t.net.issueComputeNode({ binding: { nodeId: `compute-${String(i)}`, platformId: new Uint8Array(32).fill(i) } });
    t.nodes = await Promise.all([issue(1), issue(2), issue(3)]);
  });
  beforeEach(() => {
    t.net.restore();
    t.start({ partitionedFunctions: RULES });
  });
  return t;
}
