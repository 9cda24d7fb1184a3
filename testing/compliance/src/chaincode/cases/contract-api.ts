import type { Case } from '../case.js';

const hooks = (name: string): string => `org.example.hooks:${name}`;
const read = (key: string): Case['steps'] => [['getState', key]];

const cases: readonly Omit<Case, 'only'>[] = [
  { method: 'Contract.beforeTransaction', kind: 'success', title: 'runs first, on the contract’s own context', steps: [], args: [hooks('act')], expect: { returns: 'before around' } },
  { method: 'Contract.aroundTransaction', kind: 'success', title: 'runs the function', steps: [], args: [hooks('act')], expect: { returns: 'before around' } },
  { method: 'Contract.afterTransaction', kind: 'success', title: 'sees the result, and may write', steps: [], args: [hooks('act')], expect: { returns: 'before around' }, after: { steps: read('hooks'), returns: 'before around after before around' } },
  { method: 'Contract.afterTransaction', kind: 'absence', title: 'does not run after an error', steps: [], args: [hooks('fail')], expect: { error: /^refused by the contract$/ } },
  { method: 'Contract.unknownTransaction', kind: 'success', title: 'of the contract’s own making', steps: [], args: [hooks('nothing')], expect: { returns: '' }, after: { steps: read('hooks.unknown'), returns: hooks('nothing') } },
  { method: 'Contract.unknownTransaction', kind: 'bad argument', title: 'the usual one refuses by name', steps: [], args: ['nothing'], expect: { error: /^You've asked to invoke a function that does not exist: nothing$/ } },
  { method: 'Contract.createContext', kind: 'success', title: 'a context class of the contract’s own', steps: [], args: [hooks('act')], expect: { returns: 'before around' } },
  { method: 'Contract.getName', kind: 'success', title: 'the namespace of the contract', steps: [], args: [hooks('ownName')], expect: { returns: 'org.example.hooks' } },
  { method: 'Contract (several in one package)', kind: 'success', title: 'the first by its class name', steps: [], args: ['Compliance:run', '[["getState","contract.none"]]'], expect: { returns: /^"\[\\"\\"\]"$/ } },
  { method: 'Contract (several in one package)', kind: 'bad argument', title: 'a contract that is not there', steps: [], args: ['other:act'], expect: { error: /Contract name is not known: other/ } },
  { method: 'Contract (return values)', kind: 'success', title: 'an object as JSON', steps: [], args: [hooks('asObject')], expect: { returns: '{"b":1,"a":[true,null,"ü"]}' } },
  { method: 'Contract (return values)', kind: 'success', title: 'a buffer as JSON, as its serialiser has it', steps: [], args: [hooks('asBuffer')], expect: { returns: '{"type":"Buffer","data":[0,255,128]}' } },
  { method: 'Contract (return values)', kind: 'absence', title: 'nothing', steps: [], args: [hooks('asNothing')], expect: { returns: '' } },
  { method: 'Contract (metadata)', kind: 'success', title: 'org.hyperledger.fabric:GetMetadata', steps: [], args: ['org.hyperledger.fabric:GetMetadata'], evaluate: true, expect: { returns: /\$schema.*org\.example\.hooks/ } },
];

/** Fabric's contract API above the stub, of the Node package. */
export const contractCases: readonly Case[] = cases.map((one) => ({ ...one, apiOf: 'typescript' }));
