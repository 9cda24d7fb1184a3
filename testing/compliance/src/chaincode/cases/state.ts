import type { Case } from '../case.js';

const LONG = 'k'.repeat(5_000);
const TOO_LONG = { error: /key must not be longer than 4096 bytes/ };
const EMPTY_KEY = { error: /key (must not|cannot not) be an empty string/ };
const TOO_MUCH = { refused: 'CHAINCODE_LIMIT' };

/** The world state, key by key. */
export const stateCases: readonly Case[] = [
  { method: 'getState', kind: 'success', title: 'the committed value', given: [['putState', 'get.1', 'v']], steps: [['getState', 'get.1']], expect: { returns: 'v' } },
  { method: 'getState', kind: 'success', title: 'the committed value, not what the transaction has written', given: [['putState', 'get.2', 'old']], steps: [['putState', 'get.2', 'new'], ['getState', 'get.2']], expect: { returns: 'old' }, after: { steps: [['getState', 'get.2']], returns: 'new' } },
  { method: 'getState', kind: 'success', title: 'the value of a key that the transaction has deleted', given: [['putState', 'get.3', 'old']], steps: [['deleteState', 'get.3'], ['getState', 'get.3']], expect: { returns: 'old' }, after: { steps: [['getState', 'get.3']], returns: '' } },
  { method: 'getState', kind: 'success', title: 'a key of any script', given: [['putState', 'ключ 钥匙 \u{1f48e}', 'ü']], steps: [['getState', 'ключ 钥匙 \u{1f48e}']], expect: { returns: 'ü' } },
  { method: 'getState', kind: 'success', title: 'a key with line feeds, quotes and slashes', given: [['putState', "a\n'\"/../\\", 'v']], steps: [['getState', "a\n'\"/../\\"]], expect: { returns: 'v' } },
  { method: 'getState', kind: 'absence', title: 'empty for a key that was never written', steps: [['getState', 'get.none']], expect: { returns: '' } },
  { method: 'getState', kind: 'absence', title: 'empty for a key written in this transaction', steps: [['putState', 'get.4', 'v'], ['getState', 'get.4']], expect: { returns: '' }, after: { steps: [['getState', 'get.4']], returns: 'v' } },
  { method: 'getState', kind: 'bad argument', title: 'an empty key', steps: [['getState', '']], expect: EMPTY_KEY },
  { method: 'getState', kind: 'limit', title: 'a key of 5,000 bytes', steps: [['getState', LONG]], expect: TOO_LONG },
  { method: 'getState', kind: 'limit', title: 'a value of 3 MiB', given: [['putState', 'get.big', 'times:3145728']], steps: [['getState', 'get.big']], expect: { returns: /^"x{3145728}"$/ } },
  { method: 'putState', kind: 'success', title: 'a new value', steps: [['putState', 'put.1', 'v']], expect: { returns: null }, after: { steps: [['getState', 'put.1']], returns: 'v' } },
  { method: 'putState', kind: 'success', title: 'the last of several writes', given: [['putState', 'put.2', 'a']], steps: [['putState', 'put.2', 'b'], ['putState', 'put.2', 'c']], expect: { returns: null }, after: { steps: [['getState', 'put.2']], returns: 'c' } },
  { method: 'putState', kind: 'success', title: 'bytes that are no text', steps: [['putState', 'put.3', 'hex:00ff80']], expect: { returns: null }, after: { steps: [['getState', 'put.3']], returns: '\u0000\ufffd\ufffd' } },
  { method: 'putState', kind: 'absence', title: 'an empty value deletes', given: [['putState', 'put.4', 'v']], steps: [['putState', 'put.4', '']], expect: { returns: null }, after: { steps: [['getState', 'put.4'], ['getStateByRange', 'put.4', 'put.5']], returns: [] } },
  { method: 'putState', kind: 'bad argument', title: 'a composite key without an object type', note: 'It would share the simple keys’ guard: give it an object type, as `createCompositeKey` of Node’s shim demands.', steps: [['putState', '\u0000\u0000a\u0000', 'v']], expect: { refused: 'CHAINCODE_UNSUPPORTED' } },
  { method: 'putState', kind: 'bad argument', title: 'an empty key', note: 'A peer with CouchDB refuses it too; one with LevelDB takes it from Node’s shim, and reads it as an absent key from any.', steps: [['putState', '', 'v']], expect: EMPTY_KEY },
  { method: 'putState', kind: 'bad argument', title: 'an error that the chaincode catches stops nothing', steps: [['try', 'putState', '', 'v'], ['putState', 'put.6', 'v']], expect: { returns: null }, after: { steps: [['getState', 'put.6']], returns: 'v' } },
  { method: 'putState', kind: 'limit', title: 'a key of 5,000 bytes', note: 'A peer with LevelDB takes longer keys. 4,096 bytes are the most here (`maxKeyBytes`).', steps: [['putState', LONG, 'v']], expect: TOO_LONG },
  { method: 'putState', kind: 'limit', title: 'more than 8 MiB in one transaction', steps: [['putState', 'put.7', 'times:5000000'], ['putState', 'put.8', 'times:5000000']], expect: TOO_MUCH, after: { steps: [['getState', 'put.7']], returns: '' } },
  { method: 'deleteState', kind: 'success', title: 'a key goes', given: [['putState', 'del.1', 'v']], steps: [['deleteState', 'del.1']], expect: { returns: null }, after: { steps: [['getState', 'del.1']], returns: '' } },
  { method: 'deleteState', kind: 'success', title: 'a write after it stands', given: [['putState', 'del.2', 'v']], steps: [['deleteState', 'del.2'], ['putState', 'del.2', 'w']], expect: { returns: null }, after: { steps: [['getState', 'del.2']], returns: 'w' } },
  { method: 'deleteState', kind: 'absence', title: 'of a key that is not there succeeds', steps: [['deleteState', 'del.none']], expect: { returns: null } },
  { method: 'deleteState', kind: 'bad argument', title: 'an empty key', steps: [['deleteState', '']], expect: { error: /key (must not|cannot not) be an empty string/ } },
  { method: 'deleteState', kind: 'limit', title: 'a key of 5,000 bytes', steps: [['deleteState', LONG]], expect: TOO_LONG },
  { method: 'createCompositeKey', kind: 'success', title: 'U+0000, type, U+0000, attributes each with U+0000', steps: [['createCompositeKey', 'pair', ['a', 'b']]], expect: { returns: '\u0000pair\u0000a\u0000b\u0000' } },
  { method: 'createCompositeKey', kind: 'success', title: 'a key that holds a value', given: [['putState', '\u0000pair\u0000ck\u0000', 'v']], steps: [['getState', '\u0000pair\u0000ck\u0000']], expect: { returns: 'v' } },
  { method: 'createCompositeKey', kind: 'absence', title: 'without attributes', steps: [['createCompositeKey', 'pair', []]], expect: { returns: '\u0000pair\u0000' } },
  { method: 'createCompositeKey', kind: 'bad argument', title: 'an empty object type', steps: [['createCompositeKey', '', ['a']]], expect: { error: /object type or attribute not a non-zero length string/ }, instead: { go: { returns: '\u0000\u0000a\u0000' }, java: { returns: '\u0000\u0000a\u0000' } } },
  { method: 'createCompositeKey', kind: 'limit', title: 'a composite key of more than 4,096 bytes is refused when it is used', steps: [['putState', `\u0000pair\u0000${'a'.repeat(4_096)}\u0000`, 'v']], expect: TOO_LONG },
  { method: 'splitCompositeKey', kind: 'success', title: 'type and attributes', steps: [['splitCompositeKey', '\u0000pair\u0000a\u0000b\u0000']], expect: { returns: ['pair', ['a', 'b']] } },
  { method: 'splitCompositeKey', kind: 'absence', title: 'no attributes', steps: [['splitCompositeKey', '\u0000pair\u0000']], expect: { returns: ['pair', []] } },
  { method: 'splitCompositeKey', kind: 'bad argument', title: 'a key that is not composite', steps: [['splitCompositeKey', 'plain']], expect: { returns: [null, []] }, instead: { go: { refused: 'CHAINCODE_CRASHED' }, java: { error: /./ } }, note: 'Fabric’s Go shim panics here, as on a peer: the request ends with `CHAINCODE_CRASHED`, and no other is harmed.' },
  { method: 'getStringState', kind: 'success', title: 'the value as text', given: [['putState', 'string.1', 'ü']], steps: [['getStringState', 'string.1']], expect: { returns: 'ü' } },
  { method: 'putStringState', kind: 'success', title: 'text as a value', steps: [['putStringState', 'string.2', 'ü']], expect: { returns: null }, after: { steps: [['getState', 'string.2']], returns: 'ü' } },
  { method: 'getMultipleStates', kind: 'success', title: 'several values in one message', given: [['putState', 'multi.1', 'a'], ['putState', 'multi.2', 'b']], steps: [['getMultipleStates', ['multi.1', 'multi.2']]], expect: { returns: ['a', 'b'] } },
  { method: 'getMultipleStates', kind: 'absence', title: 'empty for a key that is not there', steps: [['getMultipleStates', ['multi.none']]], expect: { returns: [''] } },
  { method: 'getMultipleStates', kind: 'bad argument', title: 'an empty key', steps: [['getMultipleStates', ['']]], expect: EMPTY_KEY },
  { method: 'startWriteBatch', kind: 'success', title: 'writes that wait for the end of the batch', steps: [['startWriteBatch'], ['putState', 'batch.1', 'a'], ['putState', 'batch.2', 'b'], ['finishWriteBatch']], expect: { returns: null }, after: { steps: [['getState', 'batch.2']], returns: 'b' } },
  { method: 'finishWriteBatch', kind: 'success', title: 'puts and deletes in their order', given: [['putState', 'batch.3', 'old']], steps: [['startWriteBatch'], ['putState', 'batch.3', 'new'], ['deleteState', 'batch.3'], ['finishWriteBatch']], expect: { returns: null }, after: { steps: [['getState', 'batch.3']], returns: '' } },
  { method: 'finishWriteBatch', kind: 'absence', title: 'an empty batch', steps: [['startWriteBatch'], ['finishWriteBatch']], expect: { returns: null } },
];
