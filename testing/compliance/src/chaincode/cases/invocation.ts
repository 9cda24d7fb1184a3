import type { Case } from '../case.js';

const TX_ID = /^"[0-9a-f]{64}"$/;

/** What a chaincode is told of its transaction. */
export const invocationCases: readonly Case[] = [
  { method: 'getArgs', kind: 'success', title: 'the function and its arguments', steps: [['getArgs']], expect: { returns: ['run'] } },
  { method: 'getStringArgs', kind: 'success', title: 'the same as text', steps: [['getStringArgs']], expect: { returns: ['run'] } },
  { method: 'getBufferArgs', kind: 'success', title: 'the bytes as they were sent', steps: [['getBufferArgs']], args: ['\u0000ü\u{1f48e}', ''], expect: { returns: ['00c3bcf09f928e', ''] } },
  { method: 'getArgsSlice', kind: 'success', title: 'all arguments in one', steps: [['getArgsSlice']], args: ['a', 'ü'], expect: { returns: /^"runWith.*aü"$/ } },
  { method: 'getFunctionAndParameters', kind: 'success', title: 'function and parameters apart', steps: [['getFunctionAndParameters']], args: ['a', 'b'], expect: { returns: ['runWith', ['a', 'b']] } },
  { method: 'getFunctionAndParameters', kind: 'absence', title: 'no parameters', steps: [['getFunctionAndParameters']], expect: { returns: ['run', []] } },
  { method: 'getFunction', kind: 'success', title: 'the function', steps: [['getFunction']], expect: { returns: 'run' } },
  { method: 'getParameters', kind: 'success', title: 'the parameters', steps: [['getParameters']], args: ['a', 'b'], expect: { returns: ['a', 'b'] } },
  { method: 'getTxID', kind: 'success', title: 'the transaction’s id, in hex', steps: [['getTxID']], expect: { returns: TX_ID } },
  { method: 'getChannelID', kind: 'success', title: 'the channel', steps: [['getChannelID']], expect: { returns: 'trade' } },
  { method: 'getCreator', kind: 'success', title: 'the creator’s organisation and certificate', steps: [['getCreator']], expect: { returns: ['AuroraMSP', '-----BEGIN CERTIFICATE-----'] } },
  { method: 'getCreator', kind: 'success', title: 'of whoever asks', as: 'outsider', steps: [['getCreator']], expect: { returns: ['BorealisMSP', '-----BEGIN CERTIFICATE-----'] } },
  { method: 'getMspID', kind: 'success', title: 'the organisation of the creator, whose process this is', note: 'On a peer it is the peer’s. Contracts compare it with the client’s, to keep others’ clients out of a peer; here no organisation’s node is asked, so the two are one.', as: 'outsider', steps: [['getMspID']], expect: { returns: 'BorealisMSP' } },
  { method: 'getTransient', kind: 'success', title: 'transient fields as bytes', steps: [['getTransient']], transient: { price: Uint8Array.of(0, 255), empty: new Uint8Array(0) }, expect: { returns: [['empty', ''], ['price', '00ff']] } },
  { method: 'getTransient', kind: 'absence', title: 'nothing', steps: [['getTransient']], expect: { returns: [] } },
  { method: 'getSignedProposal', kind: 'success', title: 'nonce and creator of the request', steps: [['getSignedProposal']], expect: { returns: [24, 'AuroraMSP'] } },
  { method: 'getTxTimestamp', kind: 'success', title: 'the request’s own time', steps: [['getTxTimestamp']], expect: { returns: /^\["\d{10}",\d{6,9}\]$/ } },
  { method: 'getDateTimestamp', kind: 'success', title: 'the same as a date', steps: [['getDateTimestamp']], expect: { returns: /^"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"$/ } },
  { method: 'getBinding', kind: 'success', title: 'SHA-256 over nonce, creator and epoch', steps: [['getBinding']], expect: { returns: TX_ID } },
  { method: 'getDecorations', kind: 'success', title: 'what the peer adds to the input', steps: [['getDecorations']], expect: { returns: /^\[/ } },
];
