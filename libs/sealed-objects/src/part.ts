import { equalBytes, suiteByName } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { encodeMessage, LIMITS, parseMessage, requireAtMost, SealedPartHeaderSchema, SealedPartSchema, type SealedPart, type SealedPartHeader } from '@selvedge/protocol';
import type { KeyByEpoch } from './packet.js';
import { encodeContent, parseContent } from './padded-content.js';
import { deriveSyntheticKeys, openSynthetic, sealSynthetic } from './synthetic.js';

/** Everything in a sealed part's header but what sealPart puts in itself. */
export type PartHeaderInit = Omit<SealedPartHeader, '$typeName' | '$unknown' | 'suite' | 'keyCommitment'>;

/** Where a part is taken from, and for what. */
export interface ExpectedPart {
  readonly channel: string;
  readonly contract: string;
  readonly txId: Uint8Array;
}

export interface OpenedPart {
  readonly header: SealedPartHeader;
  /** Part bytes. */
  readonly part: Uint8Array;
}

/**
 * Seals a part for the contract's compute nodes under its data key, as packets are: deterministic, so that replicas make one box, and
 * padded. SealedPart bytes. Throws LIMIT_EXCEEDED.
 */
export function sealPart(input: {
  readonly suite: string;
  /** 32 bytes, of epoch header.keyEpoch. */
  readonly dataKey: Uint8Array;
  readonly header: PartHeaderInit;
  /** Part bytes. */
  readonly part: Uint8Array;
}): Uint8Array {
  const suite = suiteByName(input.suite).name;
  const fields = { ...input.header, suite };
  const keys = deriveSyntheticKeys('part', suite, input.dataKey, encodeMessage(SealedPartHeaderSchema, { ...fields, keyCommitment: new Uint8Array(0) }));
  const header = encodeMessage(SealedPartHeaderSchema, { ...fields, keyCommitment: keys.commitment });
  requireAtMost('part header', header.length, LIMITS.maxHeaderBytes);
  const { nonce, ciphertext } = sealSynthetic('part', suite, keys, header, encodeContent({ name: '', value: input.part }));
  const bytes = encodeMessage(SealedPartSchema, { header, nonce, ciphertext });
  requireAtMost('part', bytes.length, LIMITS.maxPartBytes);
  return bytes;
}

/**
 * Opens a sealed part. Throws PART_FOREIGN when it is of another channel, contract or transaction, KEY_EPOCH_UNKNOWN, DECRYPT_FAILED,
 * MALFORMED_MESSAGE or MESSAGE_TOO_LARGE.
 */
export function openPart(bytes: Uint8Array, context: { readonly dataKey: KeyByEpoch; readonly expected: ExpectedPart }): OpenedPart {
  const sealed = parseSealedPart(bytes);
  const header = parseMessage(SealedPartHeaderSchema, sealed.header, LIMITS.maxHeaderBytes);
  verifyPlace(header, context.expected);
  const dataKey = context.dataKey(header.keyEpoch);
  if (dataKey === undefined) throw new SelvedgeError('KEY_EPOCH_UNKNOWN', `no data key of epoch ${String(header.keyEpoch)}`);
  const keys = deriveSyntheticKeys('part', header.suite, dataKey, encodeMessage(SealedPartHeaderSchema, { ...header, keyCommitment: new Uint8Array(0) }));
  const { value } = parseContent(openSynthetic('part', header.suite, keys, { bytes: sealed.header, commitment: header.keyCommitment }, sealed));
  return { header, part: value };
}

function parseSealedPart(bytes: Uint8Array): SealedPart {
  const sealed = parseMessage(SealedPartSchema, bytes, LIMITS.maxPartBytes);
  if (!equalBytes(encodeMessage(SealedPartSchema, sealed), bytes)) throw new SelvedgeError('MALFORMED_MESSAGE', 'sealed part: not the canonical encoding');
  return sealed;
}

function verifyPlace(header: SealedPartHeader, expected: ExpectedPart): void {
  const foreign = (what: string): SelvedgeError => new SelvedgeError('PART_FOREIGN', `a part is of another ${what}`);
  if (header.channel !== expected.channel) throw foreign('channel');
  if (header.contract !== expected.contract) throw foreign('contract');
  if (!equalBytes(header.txId, expected.txId)) throw foreign('request');
}
