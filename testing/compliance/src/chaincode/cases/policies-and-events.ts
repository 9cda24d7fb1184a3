import type { Case } from '../case.js';
import { createTestKeyPolicy } from '@selvedge/fixtures';

const policyOf = (...mspIds: string[]): string => Buffer.from(createTestKeyPolicy(...mspIds)).toString('hex');
const ORG1 = policyOf('Org1MSP');
const ORG2 = policyOf('Org2MSP');
const NO_POLICY = { refused: 'KEY_POLICY_MALFORMED' };

/** Key-level endorsement policies; Org1MSP and Org2MSP are mapped to endorsers. */
const keyPolicyCases: readonly Case[] = [
  { method: 'setStateValidationParameter', kind: 'success', title: 'with a new value', steps: [['putState', 'kp.1', 'v'], ['setStateValidationParameter', 'kp.1', `hex:${ORG1}`]], expect: { returns: null }, after: { steps: [['getStateValidationParameter', 'kp.1']], returns: ORG1 } },
  { method: 'setStateValidationParameter', kind: 'success', title: 'of a value that is there; the last counts', given: [['putState', 'kp.2', 'v']], steps: [['setStateValidationParameter', 'kp.2', `hex:${ORG1}`], ['setStateValidationParameter', 'kp.2', `hex:${ORG2}`]], expect: { returns: null }, after: { steps: [['getStateValidationParameter', 'kp.2']], returns: ORG2 } },
  { method: 'setStateValidationParameter', kind: 'success', title: 'an empty one ends it', given: [['putState', 'kp.3', 'v'], ['setStateValidationParameter', 'kp.3', `hex:${ORG1}`]], steps: [['setStateValidationParameter', 'kp.3', '']], expect: { returns: null }, after: { steps: [['getStateValidationParameter', 'kp.3']], returns: '' } },
  { method: 'setStateValidationParameter', kind: 'absence', title: 'does nothing for a key that is not there', steps: [['setStateValidationParameter', 'kp.none', `hex:${ORG1}`]], expect: { returns: null }, after: { steps: [['getStateValidationParameter', 'kp.none']], returns: '' } },
  { method: 'setStateValidationParameter', kind: 'bad argument', title: 'an organisation that the manifest does not map', note: 'Map the chaincode’s organisations to endorsing ones in the manifest.', steps: [['putState', 'kp.4', 'v'], ['setStateValidationParameter', 'kp.4', `hex:${policyOf('StrangerMSP')}`]], expect: { refused: 'KEY_POLICY_UNMAPPED' } },
  { method: 'setStateValidationParameter', kind: 'bad argument', title: 'bytes that are no policy', steps: [['putState', 'kp.5', 'v'], ['setStateValidationParameter', 'kp.5', 'hex:ffff']], expect: NO_POLICY },
  { method: 'setStateValidationParameter', kind: 'bad argument', title: 'an empty key', steps: [['setStateValidationParameter', '', `hex:${ORG1}`]], expect: { error: /key (must not|cannot not) be an empty string/ } },
  { method: 'getStateValidationParameter', kind: 'success', title: 'what stands, not what the transaction has set', given: [['putState', 'kp.6', 'v'], ['setStateValidationParameter', 'kp.6', `hex:${ORG1}`]], steps: [['setStateValidationParameter', 'kp.6', `hex:${ORG2}`], ['getStateValidationParameter', 'kp.6']], expect: { returns: ORG1 } },
  { method: 'getStateValidationParameter', kind: 'absence', title: 'of a key without one', given: [['putState', 'kp.7', 'v']], steps: [['getStateValidationParameter', 'kp.7']], expect: { returns: '' } },
  { method: 'getStateValidationParameter', kind: 'bad argument', title: 'an empty key', steps: [['getStateValidationParameter', '']], expect: { error: /key (must not|cannot not) be an empty string/ } },
  { method: 'setPrivateDataValidationParameter', kind: 'success', title: 'with a new value', steps: [['putPrivateData', 'members', 'kp.1', 'v'], ['setPrivateDataValidationParameter', 'members', 'kp.1', `hex:${ORG1}`]], expect: { returns: null }, after: { steps: [['getPrivateDataValidationParameter', 'members', 'kp.1']], returns: ORG1 } },
  { method: 'setPrivateDataValidationParameter', kind: 'bad argument', title: 'by one who is no member', as: 'outsider', steps: [['setPrivateDataValidationParameter', 'members', 'kp.1', `hex:${ORG1}`]], expect: { refused: 'DATASET_ACCESS_DENIED', text: /write access permission/ } },
  { method: 'setPrivateDataValidationParameter', kind: 'bad argument', title: 'where entries end by themselves (blockToLive)', note: 'Keep what needs a policy of its own in a collection without `blockToLive`.', steps: [['putPrivateData', 'ending', 'kp.1', 'v'], ['setPrivateDataValidationParameter', 'ending', 'kp.1', `hex:${ORG1}`]], expect: { refused: 'CHAINCODE_UNSUPPORTED' } },
  { method: 'getPrivateDataValidationParameter', kind: 'success', title: 'what stands', given: [['putPrivateData', 'members', 'kp.2', 'v'], ['setPrivateDataValidationParameter', 'members', 'kp.2', `hex:${ORG2}`]], steps: [['getPrivateDataValidationParameter', 'members', 'kp.2']], expect: { returns: ORG2 } },
  { method: 'getPrivateDataValidationParameter', kind: 'absence', title: 'of a key without one', steps: [['getPrivateDataValidationParameter', 'members', 'kp.none']], expect: { returns: '' } },
  { method: 'getPrivateDataValidationParameter', kind: 'bad argument', title: 'by one who is no member', as: 'outsider', steps: [['getPrivateDataValidationParameter', 'members', 'kp.2']], expect: { refused: 'DATASET_ACCESS_DENIED', text: /read access permission/ } },
  { method: 'KeyEndorsementPolicy.addOrgs', kind: 'success', title: 'as members', steps: [['KeyEndorsementPolicy.addOrgs', 'MEMBER', ['Org1MSP', 'Org2MSP']]], expect: { returns: ['Org1MSP', 'Org2MSP'] } },
  { method: 'KeyEndorsementPolicy.addOrgs', kind: 'bad argument', title: 'a role that is none', steps: [['KeyEndorsementPolicy.addOrgs', 'KING', ['Org1MSP']]], expect: { error: /role type .*KING.* does not exist/i }, instead: { java: { error: /./ } } },
  { method: 'KeyEndorsementPolicy.delOrgs', kind: 'success', title: 'takes one out', steps: [['KeyEndorsementPolicy.delOrgs', ['Org1MSP', 'Org2MSP'], ['Org1MSP']]], expect: { returns: ['Org2MSP'] } },
  { method: 'KeyEndorsementPolicy.listOrgs', kind: 'success', title: 'of a policy’s bytes', steps: [['KeyEndorsementPolicy.listOrgs', `hex:${ORG2}`]], expect: { returns: ['Org2MSP'] } },
  { method: 'KeyEndorsementPolicy.getPolicy', kind: 'success', title: 'bytes that a key takes, of members', steps: [['putState', 'kp.8', 'v'], ['KeyEndorsementPolicy.getPolicy', 'kp.8', 'MEMBER', ['Org1MSP']]], expect: { returns: ORG1 }, after: { steps: [['getStateValidationParameter', 'kp.8']], returns: ORG1 } },
  { method: 'KeyEndorsementPolicy.getPolicy', kind: 'success', title: 'bytes that a key takes, of peers', steps: [['putState', 'kp.9', 'v'], ['KeyEndorsementPolicy.getPolicy', 'kp.9', 'PEER', ['Org1MSP', 'Org2MSP']]], expect: { returns: /^"[0-9a-f]+"$/ } },
];

const eventCases: readonly Case[] = [
  { method: 'setEvent', kind: 'success', title: 'comes with the commit', steps: [['setEvent', 'Sold', 'payload']], expect: { returns: null }, event: ['Sold', 'payload'] },
  { method: 'setEvent', kind: 'success', title: 'the last of several', steps: [['setEvent', 'First', 'a'], ['setEvent', 'Last', 'b']], expect: { returns: null }, event: ['Last', 'b'] },
  { method: 'setEvent', kind: 'absence', title: 'an empty payload', steps: [['setEvent', 'Empty', '']], expect: { returns: null }, event: ['Empty', ''] },
  { method: 'setEvent', kind: 'absence', title: 'none after an error', steps: [['setEvent', 'Never', 'x'], ['putState', '', 'v']], expect: { error: /key (must not|cannot not) be an empty string/ }, event: null },
  { method: 'setEvent', kind: 'bad argument', title: 'an empty name', steps: [['setEvent', '', 'payload']], expect: { error: /event name (must be a non-empty|can ?not be (an? )?(empty|nil|blank)) string/i } },
  { method: 'getEvent', kind: 'success', title: 'what was set', steps: [['getEvent', 'Sold', 'payload']], expect: { returns: ['Sold', 'payload'] }, event: ['Sold', 'payload'] },
  { method: 'setEvent', kind: 'limit', title: 'a payload of more than 4 MiB', steps: [['setEvent', 'Big', 'times:5000000']], expect: { refused: 'CHAINCODE_LIMIT' } },
];

const putThere = ['run', JSON.stringify([['putState', 'called.1', 'theirs']])];
const getThere = ['run', JSON.stringify([['getState', 'called.1']])];
const callCases: readonly Case[] = [
  { method: 'invokeChaincode', kind: 'success', title: 'another chaincode of the channel, which writes its own state', steps: [['putState', 'called.1', 'ours'], ['invokeChaincode', 'other', putThere, '']], expect: { returns: [200, '', '[null]'] }, after: { steps: [['getState', 'called.1']], returns: 'ours' } },
  { method: 'invokeChaincode', kind: 'success', title: 'reads what the other one keeps', given: [['invokeChaincode', 'other', putThere, '']], steps: [['invokeChaincode', 'other', getThere, '']], expect: { returns: /theirs/ } },
  { method: 'invokeChaincodeWithStringArgs', kind: 'success', title: 'reads what another chaincode keeps', given: [['invokeChaincode', 'other', putThere, '']], steps: [['invokeChaincodeWithStringArgs', 'other', getThere]], expect: { returns: /theirs/ } },
  { method: 'invokeChaincode', kind: 'absence', title: 'a contract that the channel does not have', steps: [['invokeChaincode', 'nowhere', getThere, '']], expect: { refused: 'CALLED_CONTRACT_UNKNOWN' } },
  { method: 'invokeChaincode', kind: 'bad argument', title: 'a chaincode of another channel', note: 'Query the other channel from the client.', steps: [['invokeChaincode', 'other', getThere, 'elsewhere']], expect: { refused: 'CHANNEL_NOT_SERVED' } },
];

export const policyAndEventCases: readonly Case[] = [...keyPolicyCases, ...eventCases, ...callCases];
