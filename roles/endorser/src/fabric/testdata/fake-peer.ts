import { sha256 } from '@selvedge/crypto';
import type { ChaincodeStub } from '../adapters/chaincode-stub.js';
import type { Chaincode, ChaincodeResponse } from '../chaincode.js';

/** How a test calls a chaincode. */
export interface FakeCall {
  readonly channel?: string;
  /** Name in the proposal. */
  readonly chaincode: string;
  readonly fn: string;
  readonly params?: readonly string[];
  readonly transient?: Readonly<Record<string, Uint8Array>>;
}

/** One change that a simulation holds. */
export interface FakeWrite {
  /** Whose namespace it is in. */
  readonly chaincode: string;
  readonly kind: 'put' | 'delete' | 'purge';
  /** Empty: public state. */
  readonly collection: string;
  readonly key: string;
  readonly value?: Uint8Array;
}

/** What an endorsement leaves behind, as Fabric has it. */
export interface FakeSimulation {
  readonly response: ChaincodeResponse;
  readonly writes: readonly FakeWrite[];
  /** chaincode/collection/key of everything that was read, in order. */
  readonly reads: readonly string[];
  readonly event: { readonly name: string; readonly payload: Uint8Array } | undefined;
  /** Bytes that other chaincodes answered. */
  readonly answeredBytes: number;
}

/** A peer's ledger in memory, and chaincodes that run on it: writes are not visible within their own transaction. */
export interface FakePeer {
  readonly chaincodes: Map<string, Chaincode>;
  /** Collections that the peer knows, by chaincode; private data elsewhere is refused, as Fabric does. */
  readonly collections: Map<string, ReadonlySet<string>>;
  read(chaincode: string, collection: string, key: string): Uint8Array | undefined;
  put(chaincode: string, collection: string, key: string, value: Uint8Array | undefined): void;
  simulate(call: FakeCall): Promise<FakeSimulation>;
  /** Simulates, and commits the writes when the chaincode agreed. */
  submit(call: FakeCall): Promise<FakeSimulation>;
}

export const TEST_CHANNEL = 'trade';

export function createFakePeer(): FakePeer {
  const values = new Map<string, Uint8Array>();
  const peer: FakePeer = {
    chaincodes: new Map(),
    collections: new Map(),
    read: (...id) => values.get(id.join('|')),
    put: (chaincode, collection, key, value) => {
      if (value === undefined) values.delete([chaincode, collection, key].join('|'));
      else values.set([chaincode, collection, key].join('|'), value);
    },
    simulate: (call) => simulate(peer, values, call),
    submit: async (call) => {
      const simulation = await simulate(peer, values, call);
      if (simulation.response.status === 200) for (const { chaincode, collection, key, value } of simulation.writes) peer.put(chaincode, collection, key, value);
      return simulation;
    },
  };
  return peer;
}

async function simulate(peer: FakePeer, values: ReadonlyMap<string, Uint8Array>, call: FakeCall): Promise<FakeSimulation> {
  const writes: FakeWrite[] = [];
  const reads: string[] = [];
  let event: FakeSimulation['event'];
  let answeredBytes = 0;
  const invoke = (name: string, fn: string, params: readonly string[]): Promise<ChaincodeResponse> => {
    const read = (collection: string, key: string): Uint8Array => {
      reads.push(`${name}/${collection}/${key}`);
      return peer.read(name, collection, key) ?? new Uint8Array(0);
    };
    const requireCollection = (collection: string): void => {
      if (peer.collections.get(name)?.has(collection) === false) throw new Error(`collection ${collection} could not be found`);
    };
    const write = async (entry: Omit<FakeWrite, 'chaincode'>): Promise<void> => {
      await Promise.resolve();
      if (entry.collection !== '') requireCollection(entry.collection);
      writes.push({ chaincode: name, ...entry });
    };
    const stub = {
      getTxID: () => 'f'.repeat(64),
      getChannelID: () => call.channel ?? TEST_CHANNEL,
      getFunctionAndParameters: () => ({ fcn: fn, params }),
      getTransient: () => new Map(Object.entries(call.transient ?? {})),
      // ChaincodeHeaderExtension { chaincode_id (2) { name (2) } }
      getSignedProposal: () => ({ proposal: { header: { channelHeader: { getExtension_asU8: () => field(2, field(2, Buffer.from(call.chaincode))) } } } }),
      getState: (key: string) => Promise.resolve(read('', key)),
      putState: async (key: string, value: Uint8Array) => write({ kind: 'put', collection: '', key, value }),
      deleteState: async (key: string) => write({ kind: 'delete', collection: '', key }),
      createCompositeKey: (type: string, parts: readonly string[]) => `\u0000${[type, ...parts].map((part) => `${part}\u0000`).join('')}`,
      getStateByRange: () => range(values, `${name}||`),
      getPrivateDataHash: async (collection: string, key: string) => {
        await Promise.resolve();
        requireCollection(collection);
        const value = read(collection, key);
        return value.length === 0 ? value : sha256(value);
      },
      putPrivateData: async (collection: string, key: string, value: Uint8Array) => write({ kind: 'put', collection, key, value }),
      deletePrivateData: async (collection: string, key: string) => write({ kind: 'delete', collection, key }),
      purgePrivateData: async (collection: string, key: string) => write({ kind: 'purge', collection, key }),
      setEvent: (eventName: string, payload: Uint8Array) => {
        // Called chaincodes' events are dropped.
        if (name === call.chaincode) event = { name: eventName, payload };
      },
      invokeChaincode: async (other: string, args: readonly string[]) => {
        const response = await invoke(other, args[0] as string, args.slice(1));
        answeredBytes += response.payload.length;
        return response;
      },
    };
    const chaincode = peer.chaincodes.get(name);
    if (chaincode === undefined) throw new Error(`chaincode ${name} not found`);
    return chaincode.Invoke(stub as unknown as ChaincodeStub);
  };
  const response = await invoke(call.chaincode, call.fn, call.params ?? []);
  return { response, writes, reads, event, answeredBytes };
}

/** Composite keys and, for the order, everything are given out: the reader must not rely on more than Fabric promises. */
async function* range(values: ReadonlyMap<string, Uint8Array>, prefix: string): AsyncGenerator<{ key: string; value: Uint8Array }> {
  await Promise.resolve();
  for (const [id, value] of [...values].reverse()) {
    if (id.startsWith(prefix)) yield { key: id.slice(prefix.length), value };
  }
}

/** A length-delimited protobuf field of less than 128 bytes. */
function field(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(number * 8 + 2, content.length), content]);
}
