import { randomBytes } from 'node:crypto';
import type { TestConsortium } from '@selvedge/fixtures';
import type { RequestKind } from '@selvedge/protocol';
import { createSenderContext } from '@selvedge/sealed-objects';
import { buildRequest, type BuiltRequest, type RequestInput } from '../domain/request.js';

/** A genuine request of AuroraMSP's client. */
export function createRequest(consortium: TestConsortium, kind: RequestKind, args: readonly string[] = ['price', 'stone-1'], change: Partial<RequestInput> = {}): BuiltRequest {
  const { network, channel, contract, profile, now, contractPolicy } = consortium;
  const suite = contractPolicy.suite as keyof typeof consortium.envelopeKeys;
  return buildRequest(
    {
      context: createSenderContext({ suite, network, channel, envelopeKey: { epoch: 1n, publicKey: consortium.envelopeKeys[suite].publicKey } }),
      contract,
      kind,
      args: args.map((arg) => Buffer.from(arg)),
      transient: { secret: Buffer.from('transient value'), another: Buffer.from('one') },
      nonce: new Uint8Array(randomBytes(24)),
      timestamp: now,
      keyEpoch: 1n,
      calledEpochs: new Map(),
      leastHeight: 0n,
      confirmQuorum: 0,
      profileDigest: profile.digest,
      ...change,
    },
    consortium.organisation('AuroraMSP').client.signer,
  );
}
