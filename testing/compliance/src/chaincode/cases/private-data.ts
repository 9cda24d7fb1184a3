import { createHash } from 'node:crypto';
import type { Case } from '../case.js';
import type { Step } from '../typescript/step.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const pair = (...attributes: string[]): string => `\u0000${attributes.map((part) => `${part}\u0000`).join('')}`;
const put = (key: string, value: string, collection = 'members'): Step => ['putPrivateData', collection, key, value];
const NO_READ = { refused: 'DATASET_ACCESS_DENIED', text: /^tx creator does not have read access permission on privatedata/ };
const NO_WRITE = { refused: 'DATASET_ACCESS_DENIED', text: /^tx creator does not have write access permission on privatedata/ };
const UNKNOWN = { refused: 'DATASET_UNKNOWN', text: /^collection trade\/diamonds\/unknown could not be found$/ };
/** The shims check these themselves, or leave them to the peer. */
const NO_COLLECTION = { error: /collection must (be a valid string|not be an empty string|not be)/ };
const NO_KEY = { error: /key (must be a valid|(must not|cannot not) be an empty) string/ };
const LONG = 'k'.repeat(5_000);
const TOO_LONG = { error: /longer than 4096 bytes/ };

/** Private data collections: `members` is for its members alone, `open` for everyone, `ending` ends after some blocks. */
export const privateDataCases: readonly Case[] = [
  { method: 'getPrivateData', kind: 'success', title: 'the committed value', given: [put('p.1', 'v')], steps: [['getPrivateData', 'members', 'p.1']], expect: { returns: 'v' } },
  { method: 'getPrivateData', kind: 'success', title: 'the committed value, not what the transaction has written', given: [put('p.2', 'old')], steps: [put('p.2', 'new'), ['getPrivateData', 'members', 'p.2']], expect: { returns: 'old' }, after: { steps: [['getPrivateData', 'members', 'p.2']], returns: 'new' } },
  { method: 'getPrivateData', kind: 'success', title: 'an implicit collection', given: [put('p.3', 'v', '_implicit_org_AuroraMSP')], steps: [['getPrivateData', '_implicit_org_AuroraMSP', 'p.3']], expect: { returns: 'v' } },
  { method: 'getPrivateData', kind: 'success', title: 'by one who is no member where everyone may read', given: [put('p.4', 'v', 'open')], as: 'outsider', steps: [['getPrivateData', 'open', 'p.4']], expect: { returns: 'v' } },
  { method: 'getPrivateData', kind: 'success', title: 'one key in two collections', given: [put('p.5', 'a'), put('p.5', 'b', 'open')], steps: [['getPrivateData', 'open', 'p.5']], expect: { returns: 'b' } },
  { method: 'getPrivateData', kind: 'absence', title: 'empty for a key that was never written', steps: [['getPrivateData', 'members', 'p.none']], expect: { returns: '' } },
  { method: 'getPrivateData', kind: 'bad argument', title: 'by one who is no member (memberOnlyRead)', note: 'The chaincode sees Fabric’s text, and may go on; the client sees it with a code of its own, as it does for a collection that is not declared.', as: 'outsider', steps: [['getPrivateData', 'members', 'p.1']], expect: NO_READ },
  { method: 'getPrivateData', kind: 'bad argument', title: 'by one who is no member, of which the chaincode sees Fabric’s text and may go on', as: 'outsider', steps: [['try', 'getPrivateData', 'members', 'p.1']], expect: { returns: /GET_STATE failed: transaction ID: [0-9a-f]{64}: tx creator does not have read access permission on privatedata in chaincodeName:diamonds collectionName: members/ }, instead: { java: { returns: /Unsuccessful response received/ } } },
  { method: 'getPrivateData', kind: 'bad argument', title: 'a collection that is not declared', steps: [['getPrivateData', 'unknown', 'k']], expect: UNKNOWN },
  { method: 'getPrivateData', kind: 'bad argument', title: 'an empty collection name', steps: [['getPrivateData', '', 'k']], expect: NO_COLLECTION },
  { method: 'getPrivateData', kind: 'bad argument', title: 'an empty key', steps: [['getPrivateData', 'members', '']], expect: NO_KEY },
  { method: 'getPrivateData', kind: 'limit', title: 'a key of 5,000 bytes', steps: [['getPrivateData', 'members', LONG]], expect: TOO_LONG },
  { method: 'putPrivateData', kind: 'success', title: 'a new value', steps: [put('pp.1', 'v')], expect: { returns: null }, after: { steps: [['getPrivateData', 'members', 'pp.1']], returns: 'v' } },
  { method: 'putPrivateData', kind: 'success', title: 'by one who is no member where everyone may write', as: 'outsider', steps: [put('pp.2', 'v', 'open')], expect: { returns: null }, after: { steps: [['getPrivateData', 'open', 'pp.2']], returns: 'v' } },
  { method: 'putPrivateData', kind: 'success', title: 'where entries end by themselves (blockToLive)', steps: [put('pp.3', 'v', 'ending')], expect: { returns: null }, after: { steps: [['getPrivateData', 'ending', 'pp.3']], returns: 'v' } },
  { method: 'putPrivateData', kind: 'absence', title: 'an empty value deletes', given: [put('pp.4', 'v')], steps: [put('pp.4', '')], expect: { returns: null }, after: { steps: [['getPrivateData', 'members', 'pp.4']], returns: '' } },
  { method: 'putPrivateData', kind: 'bad argument', title: 'by one who is no member (memberOnlyWrite)', as: 'outsider', steps: [put('pp.5', 'v')], expect: NO_WRITE },
  { method: 'putPrivateData', kind: 'bad argument', title: 'a collection that is not declared', steps: [put('k', 'v', 'unknown')], expect: UNKNOWN },
  { method: 'putPrivateData', kind: 'bad argument', title: 'an empty collection name', steps: [put('k', 'v', '')], expect: NO_COLLECTION },
  { method: 'putPrivateData', kind: 'bad argument', title: 'an empty key', steps: [put('', 'v')], expect: NO_KEY },
  { method: 'putPrivateData', kind: 'limit', title: 'a key of 5,000 bytes', steps: [put(LONG, 'v')], expect: TOO_LONG },
  { method: 'putPrivateData', kind: 'limit', title: 'more than 8 MiB in one transaction', steps: [put('pp.6', 'times:9000000')], expect: { refused: 'CHAINCODE_LIMIT' } },
  { method: 'deletePrivateData', kind: 'success', title: 'a key goes', given: [put('pd.1', 'v')], steps: [['deletePrivateData', 'members', 'pd.1']], expect: { returns: null }, after: { steps: [['getPrivateData', 'members', 'pd.1']], returns: '' } },
  { method: 'deletePrivateData', kind: 'absence', title: 'of a key that is not there succeeds', steps: [['deletePrivateData', 'members', 'pd.none']], expect: { returns: null } },
  { method: 'deletePrivateData', kind: 'bad argument', title: 'by one who is no member', as: 'outsider', steps: [['deletePrivateData', 'members', 'pd.1']], expect: NO_WRITE },
  { method: 'deletePrivateData', kind: 'bad argument', title: 'an empty key', steps: [['deletePrivateData', 'members', '']], expect: NO_KEY },
  { method: 'deletePrivateData', kind: 'limit', title: 'a key of 5,000 bytes', steps: [['deletePrivateData', 'members', LONG]], expect: TOO_LONG },
  { method: 'purgePrivateData', kind: 'success', title: 'a key goes', given: [put('pu.1', 'v')], steps: [['purgePrivateData', 'members', 'pu.1']], expect: { returns: null }, after: { steps: [['getPrivateData', 'members', 'pu.1'], ['getPrivateDataHash', 'members', 'pu.1']], returns: '' } },
  { method: 'purgePrivateData', kind: 'absence', title: 'of a key that is not there succeeds', steps: [['purgePrivateData', 'members', 'pu.none']], expect: { returns: null } },
  { method: 'purgePrivateData', kind: 'bad argument', title: 'by one who is no member', as: 'outsider', steps: [['purgePrivateData', 'members', 'pu.1']], expect: NO_WRITE },
  { method: 'purgePrivateData', kind: 'bad argument', title: 'an empty collection name', steps: [['purgePrivateData', '', 'k']], expect: NO_COLLECTION },
  { method: 'purgePrivateData', kind: 'limit', title: 'a key of 5,000 bytes', steps: [['purgePrivateData', 'members', LONG]], expect: TOO_LONG },
  { method: 'getPrivateDataHash', kind: 'success', title: 'SHA-256 of the value', given: [put('ph.1', 'v')], steps: [['getPrivateDataHash', 'members', 'ph.1']], expect: { returns: sha256('v') } },
  { method: 'getPrivateDataHash', kind: 'success', title: 'by one who is no member', given: [put('ph.2', 'v')], as: 'outsider', steps: [['getPrivateDataHash', 'members', 'ph.2']], expect: { returns: sha256('v') } },
  { method: 'getPrivateDataHash', kind: 'absence', title: 'empty for a key that was never written', steps: [['getPrivateDataHash', 'members', 'ph.none']], expect: { returns: '' } },
  { method: 'getPrivateDataHash', kind: 'bad argument', title: 'a collection that is not declared', steps: [['getPrivateDataHash', 'unknown', 'k']], expect: { refused: 'DATASET_UNKNOWN', text: /^collection \[unknown\] not defined in the collection config for chaincode \[diamonds\]$/ } },
  { method: 'getPrivateDataHash', kind: 'bad argument', title: 'an empty key', steps: [['getPrivateDataHash', 'members', '']], expect: NO_KEY },
  { method: 'getPrivateDataByRange', kind: 'success', title: 'from the start to before the end', given: ['a', 'b', 'c'].map((key) => put(`pr.${key}`, key)), steps: [['getPrivateDataByRange', 'members', 'pr.a', 'pr.c']], expect: { returns: [['pr.a', 'a'], ['pr.b', 'b']] } },
  { method: 'getPrivateDataByRange', kind: 'success', title: 'and a write that rests on it', note: 'A peer refuses to query private data and write in one transaction. Here the set’s guard is read.', given: [put('pw.a', 'a')], steps: [['getPrivateDataByRange', 'members', 'pw.', 'pw/'], put('pw.b', 'b')], expect: { returns: null }, after: { steps: [['getPrivateDataByRange', 'members', 'pw.', 'pw/']], returns: [['pw.a', 'a'], ['pw.b', 'b']] } },
  { method: 'getPrivateDataByRange', kind: 'absence', title: 'an empty range', steps: [['getPrivateDataByRange', 'members', 'none.', 'none/']], expect: { returns: [] } },
  { method: 'getPrivateDataByRange', kind: 'bad argument', title: 'by one who is no member', as: 'outsider', steps: [['getPrivateDataByRange', 'members', 'pr.', 'pr/']], expect: NO_READ },
  { method: 'getPrivateDataByRange', kind: 'bad argument', title: 'a collection that is not declared', steps: [['getPrivateDataByRange', 'unknown', 'a', 'b']], expect: UNKNOWN },
  { method: 'getPrivateDataByRange', kind: 'limit', title: '250 entries, which come in three messages', given: Array.from({ length: 250 }, (_, i) => put(`pl.${String(i).padStart(3, '0')}`, 'v')), steps: [['getPrivateDataByRange', 'members', 'pl.', 'pl/']], expect: { returns: /^(\[?\["pl\.\d{3}","v"\],?){250}\]$/ } },
  { method: 'getPrivateDataByPartialCompositeKey', kind: 'success', title: 'all that begin so', given: [put(pair('pc', 'a', '1'), 'v'), put(pair('pc', 'b', '1'), 'w')], steps: [['getPrivateDataByPartialCompositeKey', 'members', 'pc', ['a']]], expect: { returns: [[pair('pc', 'a', '1'), 'v']] } },
  { method: 'getPrivateDataByPartialCompositeKey', kind: 'absence', title: 'nothing of that type', steps: [['getPrivateDataByPartialCompositeKey', 'members', 'nothing', []]], expect: { returns: [] } },
  { method: 'getPrivateDataByPartialCompositeKey', kind: 'bad argument', title: 'by one who is no member', as: 'outsider', steps: [['getPrivateDataByPartialCompositeKey', 'members', 'pc', []]], expect: NO_READ },
  { method: 'getPrivateDataQueryResult', kind: 'success', title: 'the documents that a selector takes', given: [put('pq.1', '{"size":1}'), put('pq.2', '{"size":2}')], steps: [['getPrivateDataQueryResult', 'members', '{"selector":{"size":{"$gt":1}}}']], expect: { returns: [['pq.2', '{"size":2}']] } },
  { method: 'getPrivateDataQueryResult', kind: 'success', title: 'of a dataset without a content guard', given: [put('pq.3', '{"size":3}', 'unguarded')], steps: [['getPrivateDataQueryResult', 'unguarded', '{"selector":{"size":3}}']], evaluate: true, expect: { returns: [['pq.3', '{"size":3}']] } },
  { method: 'getPrivateDataQueryResult', kind: 'absence', title: 'no document', steps: [['getPrivateDataQueryResult', 'members', '{"selector":{"size":99}}']], expect: { returns: [] } },
  { method: 'getPrivateDataQueryResult', kind: 'bad argument', title: 'by one who is no member', as: 'outsider', steps: [['getPrivateDataQueryResult', 'members', '{"selector":{}}']], expect: NO_READ },
  { method: 'getPrivateDataQueryResult', kind: 'bad argument', title: 'an operator that CouchDB does not know', steps: [['getPrivateDataQueryResult', 'members', '{"selector":{"a":{"$foo":1}}}']], expect: { error: /Error:invalid_operator/ } },
  { method: 'getPrivateDataQueryResult', kind: 'limit', title: 'and a write where no content guard is kept', note: 'Let the manifest keep a content guard for the dataset (`contentGuard`), or query in a transaction that does not write.', steps: [['getPrivateDataQueryResult', 'unguarded', '{"selector":{"size":9}}'], put('pq.4', '{}', 'unguarded')], expect: { refused: 'CHAINCODE_UNSUPPORTED' } },
  { method: 'getPrivateDataUTF8', kind: 'success', title: 'the value as text', given: [put('pt.1', 'ü')], steps: [['getPrivateDataUTF8', 'members', 'pt.1']], expect: { returns: 'ü' } },
  { method: 'getMultiplePrivateData', kind: 'success', title: 'several values in one message', given: [put('pm.1', 'a'), put('pm.2', 'b')], steps: [['getMultiplePrivateData', 'members', ['pm.1', 'pm.2', 'pm.none']]], expect: { returns: ['a', 'b', ''] } },
  { method: 'getMultiplePrivateData', kind: 'bad argument', title: 'by one who is no member', as: 'outsider', steps: [['getMultiplePrivateData', 'members', ['pm.1']]], expect: NO_READ },
];
