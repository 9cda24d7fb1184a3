import { create } from '@bufbuild/protobuf';
import { lengthPrefixed, suiteByName, type KemKeyPair } from '@selvedge/crypto';
import { LIMITS, requireAtMost, SealedViewSchema, viewDigest, type SealedView, type SealedViewAnswer } from '@selvedge/protocol';

/** What question and answer are tied to. */
export interface ViewScope {
  /** Name of the suite of both keys: the first of the network profile. */
  readonly suite: string;
  readonly network: string;
  readonly channel: string;
}

const EMPTY = new Uint8Array(0);

/** A viewer's answer without its signature. */
export type SealedAnswer = Pick<SealedViewAnswer, 'enc' | 'ciphertext'>;

function questionInfo({ network, channel }: ViewScope): Uint8Array {
  return lengthPrefixed(['selvedge/v1/view', network, channel]);
}

/** The digest stands in no clear message: whoever seals an answer has read the question. */
function answerInfo({ network, channel }: ViewScope, signedView: Uint8Array): Uint8Array {
  return lengthPrefixed(['selvedge/v1/view answer', network, channel, viewDigest(signedView)]);
}

/** Seals SignedView bytes to a viewer's attested key. Throws UNKNOWN_SUITE, PUBLIC_KEY_INVALID, LIMIT_EXCEEDED. */
export function sealView(scope: ViewScope, viewerKey: Uint8Array, signedView: Uint8Array): SealedView {
  const sealed = suiteByName(scope.suite).hpkeSeal(viewerKey, questionInfo(scope), EMPTY, signedView);
  requireAtMost('view', sealed.ciphertext.length, LIMITS.maxRequestBytes);
  return create(SealedViewSchema, sealed);
}

/** Opens a question: SignedView bytes, untrusted. Throws LIMIT_EXCEEDED, and DECRYPT_FAILED whatever the reason. */
export function openView(scope: ViewScope, viewer: KemKeyPair, { enc, ciphertext }: Pick<SealedView, 'enc' | 'ciphertext'>): Uint8Array {
  requireAtMost('view', ciphertext.length, LIMITS.maxRequestBytes);
  return suiteByName(scope.suite).hpkeOpen(viewer, enc, questionInfo(scope), EMPTY, ciphertext);
}

/** Seals ViewAnswer bytes to the key that the reader made for this question. Throws PUBLIC_KEY_INVALID. */
export function sealViewAnswer(scope: ViewScope, readerKey: Uint8Array, signedView: Uint8Array, answer: Uint8Array): SealedAnswer {
  return suiteByName(scope.suite).hpkeSeal(readerKey, answerInfo(scope, signedView), EMPTY, answer);
}

/** Throws DECRYPT_FAILED, also for the answer to another question. */
export function openViewAnswer(scope: ViewScope, reader: KemKeyPair, signedView: Uint8Array, { enc, ciphertext }: SealedAnswer): Uint8Array {
  return suiteByName(scope.suite).hpkeOpen(reader, enc, answerInfo(scope, signedView), EMPTY, ciphertext);
}
