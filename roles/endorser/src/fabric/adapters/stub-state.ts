import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { APPLIED_CHANGE, isFactStateKey } from '@selvedge/fabric';
import type { PlannedWrite } from '../domain/write-plan.js';
import type { FactStore, PrivateState } from '../ports.js';
import type { ChaincodeStub } from './chaincode-stub.js';
import { readStates, writePrivateBatch } from './peer-batches.js';

/** Value of a remembered change: only that it is there counts. */
const APPLIED = Uint8Array.of(1);
const NOTHING = new Uint8Array(0);

/** Private data by way of the stub. Every method throws INVALID_CONFIGURATION when the peer refuses. */
export function createPrivateState(stub: ChaincodeStub): PrivateState {
  return {
    hash: async (collection, key) => presentBytes(await permitted('read', [collection], stub.getPrivateDataHash(collection, key))),
    write: async (plan) => {
      await permitted('write', plan.map(({ collection }) => collection), writePrivateBatch(stub, plan) ?? writeSingly(stub, plan));
    },
  };
}

async function writeSingly(stub: ChaincodeStub, plan: readonly PlannedWrite[]): Promise<void> {
  for (const write of plan) {
    if (write.kind === 'put') await stub.putPrivateData(write.collection, write.key, write.value);
    else if (write.kind === 'delete') await stub.deletePrivateData(write.collection, write.key);
    else if (write.kind === 'purge') await stub.purgePrivateData(write.collection, write.key);
    else await stub.setPrivateDataValidationParameter(write.collection, write.key, Buffer.from(write.value));
  }
}

/** The peer's own text stays the cause: it goes to our log, not into responses. */
async function permitted<T>(what: 'read' | 'write', collections: readonly string[], answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `the peer refuses to ${what} collection ${[...new Set(collections)].join(', ')}: compare the collections that the chaincode was committed with; the chaincode’s log has its reason`, { cause });
  }
}

/** The policy chaincode's public state by way of the stub. */
export function createFactStore(stub: ChaincodeStub): FactStore {
  const appliedKey = (id: Uint8Array): string => stub.createCompositeKey(APPLIED_CHANGE, [toHex(id)]);
  return {
    facts: async (keys) => {
      const values = await (readStates(stub, keys) ?? readSingly(stub, keys));
      return new Map(keys.map((key, i) => [key, presentBytes(values[i] ?? NOTHING)]));
    },
    entries: async () => {
      const found: { key: string; value: Uint8Array }[] = [];
      // An open range leaves composite keys out; only facts may be taken for facts, so this is checked too.
      for await (const { key, value } of stub.getStateByRange('', '')) {
        if (isFactStateKey(key)) found.push({ key, value });
      }
      return found;
    },
    set: (key, value) => stub.putState(key, value),
    remove: (key) => stub.deleteState(key),
    isApplied: async (id) => presentBytes(await stub.getState(appliedKey(id))) !== undefined,
    markApplied: (id) => stub.putState(appliedKey(id), APPLIED),
  };
}

async function readSingly(stub: ChaincodeStub, keys: readonly string[]): Promise<Uint8Array[]> {
  const values: Uint8Array[] = [];
  for (const key of keys) values.push(await stub.getState(key));
  return values;
}

/** The stub shows absent values as empty ones; Fabric keeps no empty value. */
function presentBytes(bytes: Uint8Array): Uint8Array | undefined {
  return bytes.length === 0 ? undefined : bytes;
}
