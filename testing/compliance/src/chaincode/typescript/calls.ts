import type { Context } from 'fabric-contract-api';
import { KeyEndorsementPolicy } from 'fabric-shim';
import { firstVersion, forAwait, nextAfterClose, nthNext, page, rows, versions } from './iterate.js';
import { bytes, hex, text, type Call } from './step.js';

/** Every call of the stub, by its name. */
const stubCalls: Readonly<Record<string, Call>> = {
  getArgs: ({ stub }: Context) => stub.getArgs().slice(0, 1),
  getStringArgs: ({ stub }: Context) => stub.getStringArgs().slice(0, 1),
  // Not among the shim's types, but used throughout.
  getBufferArgs: ({ stub }: Context) => (stub as unknown as { getBufferArgs(): Buffer[] }).getBufferArgs().slice(2).map(hex),
  getFunctionAndParameters: ({ stub }: Context) => [stub.getFunctionAndParameters().fcn, stub.getFunctionAndParameters().params.slice(1)],
  getTxID: ({ stub }: Context) => stub.getTxID(),
  getChannelID: ({ stub }: Context) => stub.getChannelID(),
  getCreator: ({ stub }: Context) => [stub.getCreator().mspid, text(stub.getCreator().idBytes).split('\n')[0]],
  getMspID: ({ stub }: Context) => stub.getMspID(),
  getTransient: ({ stub }: Context) => [...stub.getTransient()].map(([name, value]) => [name, hex(value)]),
  getSignedProposal: ({ stub }: Context) => {
    const { proposal } = stub.getSignedProposal();
    return [proposal.header.signatureHeader.nonce.length, (proposal.header.signatureHeader.creator as unknown as { getMspid(): string }).getMspid()];
  },
  getTxTimestamp: ({ stub }: Context) => [stub.getTxTimestamp().seconds.toString(), stub.getTxTimestamp().nanos],
  getDateTimestamp: ({ stub }: Context) => stub.getDateTimestamp().toISOString(),
  getBinding: ({ stub }: Context) => stub.getBinding(),

  getState: async ({ stub }: Context, key: string) => text(await stub.getState(key)),
  putState: ({ stub }: Context, key: string, value: string) => stub.putState(key, bytes(value)),
  deleteState: ({ stub }: Context, key: string) => stub.deleteState(key),
  getStateByRange: ({ stub }: Context, start: string, end: string) => rows(stub.getStateByRange(start, end)),
  getStateByRangeWithPagination: ({ stub }: Context, start: string, end: string, size: number, bookmark: string) => page(stub.getStateByRangeWithPagination(start, end, size, bookmark)),
  createCompositeKey: ({ stub }: Context, type: string, attributes: string[]) => stub.createCompositeKey(type, attributes),
  splitCompositeKey: ({ stub }: Context, key: string) => [stub.splitCompositeKey(key).objectType, stub.splitCompositeKey(key).attributes],
  getStateByPartialCompositeKey: ({ stub }: Context, type: string, attributes: string[]) => rows(stub.getStateByPartialCompositeKey(type, attributes)),
  getStateByPartialCompositeKeyWithPagination: ({ stub }: Context, type: string, attributes: string[], size: number, bookmark: string) => page(stub.getStateByPartialCompositeKeyWithPagination(type, attributes, size, bookmark)),
  getQueryResult: ({ stub }: Context, query: string) => rows(stub.getQueryResult(query)),
  getQueryResultWithPagination: ({ stub }: Context, query: string, size: number, bookmark: string) => page(stub.getQueryResultWithPagination(query, size, bookmark)),
  getHistoryForKey: ({ stub }: Context, key: string) => versions(stub.getHistoryForKey(key)),
  setStateValidationParameter: ({ stub }: Context, key: string, policy: string) => stub.setStateValidationParameter(key, bytes(policy)),
  getStateValidationParameter: async ({ stub }: Context, key: string) => hex(await stub.getStateValidationParameter(key)),

  getPrivateData: async ({ stub }: Context, collection: string, key: string) => text(await stub.getPrivateData(collection, key)),
  getPrivateDataHash: async ({ stub }: Context, collection: string, key: string) => hex(await stub.getPrivateDataHash(collection, key)),
  putPrivateData: ({ stub }: Context, collection: string, key: string, value: string) => stub.putPrivateData(collection, key, bytes(value)),
  deletePrivateData: ({ stub }: Context, collection: string, key: string) => stub.deletePrivateData(collection, key),
  purgePrivateData: ({ stub }: Context, collection: string, key: string) => stub.purgePrivateData(collection, key),
  setPrivateDataValidationParameter: ({ stub }: Context, collection: string, key: string, policy: string) => stub.setPrivateDataValidationParameter(collection, key, bytes(policy)),
  getPrivateDataValidationParameter: async ({ stub }: Context, collection: string, key: string) => hex(await stub.getPrivateDataValidationParameter(collection, key)),
  getPrivateDataByRange: ({ stub }: Context, collection: string, start: string, end: string) => rows(stub.getPrivateDataByRange(collection, start, end)),
  getPrivateDataByPartialCompositeKey: ({ stub }: Context, collection: string, type: string, attributes: string[]) => rows(stub.getPrivateDataByPartialCompositeKey(collection, type, attributes)),
  getPrivateDataQueryResult: ({ stub }: Context, collection: string, query: string) => rows(stub.getPrivateDataQueryResult(collection, query)),

  setEvent: ({ stub }: Context, name: string, payload: string) => { stub.setEvent(name, bytes(payload)); },
  invokeChaincode: async ({ stub }: Context, name: string, args: string[], channel: string) => {
    const { status, message, payload } = await stub.invokeChaincode(name, args, channel);
    return [status, message, text(payload)];
  },
};

const iteratorCalls: Readonly<Record<string, Call>> = {
  'StateQueryIterator.next': ({ stub }: Context, start: string, end: string, count: number) => nthNext(stub.getStateByRange(start, end), count),
  'StateQueryIterator.close': ({ stub }: Context, start: string, end: string, count: number) => nextAfterClose(stub.getStateByRange(start, end), count),
  'StateQueryIterator[Symbol.asyncIterator]': ({ stub }: Context, start: string, end: string, limit: number) => forAwait(stub.getStateByRange(start, end), limit),
  'HistoryQueryIterator.next': ({ stub }: Context, key: string) => versions(stub.getHistoryForKey(key)),
  'HistoryQueryIterator.close': ({ stub }: Context, key: string) => firstVersion(stub.getHistoryForKey(key)),
};

const identityCalls: Readonly<Record<string, Call>> = {
  'ClientIdentity.getID': ({ clientIdentity }: Context) => clientIdentity.getID(),
  'ClientIdentity.getMSPID': ({ clientIdentity }: Context) => clientIdentity.getMSPID(),
  'ClientIdentity.getIDBytes': ({ clientIdentity }: Context) => text(clientIdentity.getIDBytes()).split('\n')[0],
  'ClientIdentity.getAttributeValue': ({ clientIdentity }: Context, name: string) => clientIdentity.getAttributeValue(name),
  'ClientIdentity.assertAttributeValue': ({ clientIdentity }: Context, name: string, value: string) => clientIdentity.assertAttributeValue(name, value),
};

function policyOf(role: string, mspIds: readonly string[]): KeyEndorsementPolicy {
  const policy = new KeyEndorsementPolicy();
  policy.addOrgs(role, ...mspIds);
  return policy;
}

const policyCalls: Readonly<Record<string, Call>> = {
  'KeyEndorsementPolicy.addOrgs': (_: Context, role: string, mspIds: string[]) => policyOf(role, mspIds).listOrgs(),
  'KeyEndorsementPolicy.delOrgs': (_: Context, mspIds: string[], removed: string[]) => {
    const policy = policyOf('MEMBER', mspIds);
    policy.delOrgs(...removed);
    return policy.listOrgs();
  },
  'KeyEndorsementPolicy.listOrgs': (_: Context, policy: string) => new KeyEndorsementPolicy(bytes(policy)).listOrgs(),
  'KeyEndorsementPolicy.getPolicy': async ({ stub }: Context, key: string, role: string, mspIds: string[]) => {
    const policy = policyOf(role, mspIds).getPolicy();
    await stub.setStateValidationParameter(key, policy);
    return hex(policy);
  },
};

/** All that a step may name. */
export const CALLS: ReadonlyMap<string, Call> = new Map(Object.entries({ ...stubCalls, ...iteratorCalls, ...identityCalls, ...policyCalls }));
