import { randomBytes } from 'node:crypto';
import { computeTxId, CoreSchema, encodeMessage, LIMITS, parseCore, parseMessage, PartSchema, RequestKind, SignedPartSchema, signing, type Core, type Part, type Response, type SignedPart } from '@selvedge/protocol';
import { openPart, sealPart, type PartHeaderInit } from '@selvedge/sealed-objects';
import type { CertifiedNode, NetworkParts } from '@selvedge/tee-node/testing';
import { buildRequest, type ClientRequest, type ClientSetting, type RequestChange } from './client.test.support.js';
import type { TestNode } from './node.test.support.js';
import { bytes } from './submit.test.support.js';

export const RULES = [{ function: 'Total', map: 'Count', reduce: 'Sum' }];

/** A request in parts, as its client makes it. */
export interface PartitionedCall {
  readonly txId: Uint8Array;
  map(test: TestNode, index: number, count: number, args?: readonly string[], body?: RequestChange['body']): Promise<Response>;
  /** SignedPart bytes of a map, by this node. */
  part(test: TestNode, index: number, count: number, args?: readonly string[], body?: RequestChange['body']): Promise<Uint8Array>;
  reduce(kind: RequestKind, parts: readonly Uint8Array[], body?: RequestChange['body']): ClientRequest;
}

export function partitionedCall(client: ClientSetting, nonce: Uint8Array = randomBytes(24)): PartitionedCall {
  const call: PartitionedCall = {
    txId: computeTxId(nonce, client.signer.serialized),
    async map(test, index, count, args = [], body = {}) {
      const request = buildRequest(client, { body: { kind: RequestKind.MAP, nonce, args: ['Total', ...args].map(bytes), partition: { index, count }, ...body } });
      return request.open(await test.execute(request));
    },
    async part(test, index, count, args, body) {
      const response = await call.map(test, index, count, args, body);
      if (response.map?.part === undefined) throw new Error(`no part: ${response.refusal?.code ?? response.message}`);
      return encodeMessage(SignedPartSchema, response.map.part);
    },
    reduce: (kind, parts, body) => buildRequest(client, { body: { kind, nonce, args: ['Total', 'own'].map(bytes), parts: [...parts], ...body } }),
  };
  return call;
}

export function parseSigned(part: Uint8Array): SignedPart {
  return parseMessage(SignedPartSchema, part, LIMITS.maxRequestBytes);
}

/** What of a part is not as it was made. */
export interface Forgery {
  readonly suite?: string;
  readonly header?: Partial<PartHeaderInit>;
  readonly part?: Partial<Omit<Part, '$typeName' | '$unknown'>>;
  readonly core?: (core: Core) => Core;
  /** Default: nobody. */
  readonly signers?: readonly CertifiedNode[];
}

/** Takes a part apart, changes it and puts it together again, as whoever has the contract's data key could. */
export function forge(net: NetworkParts, genuine: Uint8Array, txId: Uint8Array, { suite = net.contractPolicy.suite, header, part, core = (same) => same, signers = [] }: Forgery): Uint8Array {
  const { sealedPart, statements } = parseSigned(genuine);
  const { dataKey } = net.contractKeys;
  const opened = openPart(sealedPart, { dataKey: () => dataKey, expected: { channel: net.channel, contract: net.contract, txId } });
  const content = parseMessage(PartSchema, opened.part, LIMITS.maxPartBytes);
  const forged = sealPart({ suite, dataKey, header: { ...opened.header, ...header }, part: encodeMessage(PartSchema, { ...content, core: encodeMessage(CoreSchema, core(parseCore(content.core))), ...part }) });
  return encodeMessage(SignedPartSchema, { sealedPart: forged, statements, signatures: signers.map((node) => signPart(node, forged)) });
}

export function signPart({ certificate, suite, privateKey }: CertifiedNode, sealedPart: Uint8Array): { certificate: Uint8Array; signature: Uint8Array } {
  return { certificate, signature: suite.sign(privateKey, signing.part(sealedPart)) };
}
