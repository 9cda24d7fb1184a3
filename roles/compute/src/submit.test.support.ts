import { toHex } from '@selvedge/crypto';
import type { Signer } from '@selvedge/identity';
import { parseCores, type ContractSection, type Core, type Response, type TargetData } from '@selvedge/protocol';
import { type CertifiedNode, createFakeBusinessNode, type FakeBusinessNode, type NetworkParts, sealTestPacket } from '@selvedge/tee-node/testing';
import { buildRequest, type ClientRequest, type ClientSetting, type RequestChange } from './client.test.support.js';
import { createTestNode, type TestChaincode, type TestNode } from './node.test.support.js';
import type { StateCalls } from './ports.js';

/** One request and what came of it. core and section throw when there is no target data. */
export interface Run {
  readonly request: ClientRequest;
  readonly response: Response;
  readonly targetData: TargetData | undefined;
  readonly core: Core;
  readonly section: ContractSection;
}

/** A compute node, a business node and a client on one test network. */
export interface Submitter {
  readonly business: FakeBusinessNode;
  readonly test: TestNode;
  readonly client: ClientSetting;
  submit(chaincode: TestChaincode, change?: RequestChange): Promise<Run>;
  /** Stores an entry as an earlier transaction left it; returns its version as hex. */
  store(key: string, value: string, dataset?: string, ownerSet?: string): string;
}

export function clientOf(net: NetworkParts, signer: Signer): ClientSetting {
  const { network, channel, contract, contractPolicy, now } = net;
  const { suite } = contractPolicy;
  const envelope = net.envelopeKeys[suite];
  if (envelope === undefined) throw new Error('no envelope key');
  return { network, channel, contract, profileDigest: net.profile.digest, suite, envelopePublicKey: envelope.publicKey, signer, now };
}

export function createSubmitter(net: NetworkParts, certified: CertifiedNode, signer: Signer): Submitter {
  const business = createFakeBusinessNode('AuroraMSP');
  const test = createTestNode({ net, certified, business: [business] });
  const client = clientOf(net, signer);
  return {
    business,
    test,
    client,
    async submit(chaincode, change = {}) {
      test.chaincode = chaincode;
      const request = buildRequest(client, change);
      const sealed = await test.execute(request);
      const response = request.open(sealed);
      const { targetData } = sealed;
      const core = (): Core => {
        const [parsed] = targetData === undefined ? [] : parseCores(targetData.cores, targetData.itemMask);
        if (parsed === undefined) throw new Error(`no target data: ${response.refusal?.code ?? response.message}`);
        return parsed;
      };
      return {
        request,
        response,
        targetData,
        get core() {
          return core();
        },
        get section() {
          return core().sections[0] as ContractSection;
        },
      };
    },
    store(key, value, dataset = '', ownerSet = 'houses') {
      const packet = sealTestPacket(net, { dataset, key, value });
      business.put(ownerSet, packet.bytes);
      return toHex(packet.hash);
    },
  };
}

/** A chaincode that makes these calls and answers nothing. */
export function calls(run: (state: StateCalls) => Promise<unknown>): TestChaincode {
  return async (state) => {
    await run(state);
    return {};
  };
}

/** A message with its bytes as hex, for comparison. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
}

export const bytes = (text: string): Uint8Array => Buffer.from(text);
export const text = (value: Uint8Array | undefined): string | undefined => (value === undefined ? undefined : Buffer.from(value).toString());
