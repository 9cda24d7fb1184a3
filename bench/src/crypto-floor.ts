import { createHash, randomBytes } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { CoreSchema, encodeMessage, signing, teeSigningInput } from '@selvedge/protocol';
import { generateP256, isP256SignatureValid, signP256, suiteByName } from '@selvedge/crypto';
import { createNameKeys, createRecipientContexts, openPacket, openSealedRequest, requestDigest, responseDigest, sealPacket, sealResponse } from '@selvedge/sealed-objects';
import { createSealedWork, PLACE } from './sealed-work.js';
import { median } from './summary.js';

/** CPU milliseconds that one request's unavoidable cryptography costs, by role, measured on this machine in this run. */
export interface CryptoFloor {
  readonly computeUpdate: number;
  readonly computeQuery: number;
  /** An update's share of a batch: one state query and one core signature for all of them. */
  readonly computeBatchedUpdate: number;
  readonly endorserUpdate: number;
  /** Per follower: verifying two endorsements and a receipt. */
  readonly followerUpdate: number;
}

const SUITE = suiteByName('P256-AES256GCM-SHA256');
const VALUE_BYTES = 1_024;
/** Until the code is compiled, it costs more than it will. */
const WARM_UP_ROUNDS = 500;

/** How large a batch the floor of a batched update is measured for, and how many requests each slice of a figure is an average of. */
export interface FloorOptions {
  readonly batch: number;
  readonly rounds?: number;
  /** Each figure is the median of so many: a machine that others share has moments that are no floor. */
  readonly slices?: number;
}

/**
 * Runs the cryptographic operations of one request, and nothing else: no gRPC, no protobuf of state, no chaincode.
 * compute, query: open the request of a sender whose context is known, verify the creator, sign the state query, open the packet, seal the response;
 * an update also seals the packet, computes the digests and signs the core.
 */
export function measureCryptoFloor({ batch, rounds = 640, slices = 5 }: FloorOptions): CryptoFloor {
  const fixture = createFixture();
  let inBatch = 0;
  const time = (operation: () => void): number => {
    for (let i = 0; i < WARM_UP_ROUNDS; i += 1) operation();
    const slice = (): number => {
      const before = process.cpuUsage();
      for (let i = 0; i < rounds; i += 1) operation();
      const used = process.cpuUsage(before);
      return (used.user + used.system) / 1_000 / rounds;
    };
    return median(Array.from({ length: slices }, slice));
  };
  return {
    computeQuery: time(() => {
      fixture.answer();
      fixture.ask();
    }),
    computeUpdate: time(() => {
      fixture.answer();
      fixture.ask();
      fixture.write();
      fixture.signCore();
    }),
    computeBatchedUpdate: time(() => {
      fixture.answer();
      fixture.write();
      inBatch = (inBatch + 1) % batch;
      if (inBatch !== 0) return;
      fixture.ask();
      fixture.signCore();
    }),
    endorserUpdate: time(() => {
      fixture.verifyTee();
      fixture.hashPacket();
      fixture.sign();
    }),
    followerUpdate: time(() => {
      fixture.verify();
      fixture.verify();
      fixture.verify();
    }),
  };
}

/** What a run measured before and after its load: a machine is now faster, now slower, for minutes. */
export function betweenFloors(before: CryptoFloor, after: CryptoFloor): CryptoFloor {
  const between = (name: keyof CryptoFloor): number => (before[name] + after[name]) / 2;
  return {
    computeUpdate: between('computeUpdate'),
    computeQuery: between('computeQuery'),
    computeBatchedUpdate: between('computeBatchedUpdate'),
    endorserUpdate: between('endorserUpdate'),
    followerUpdate: between('followerUpdate'),
  };
}

function createFixture(): Record<'ask' | 'answer' | 'write' | 'signCore' | 'verifyTee' | 'hashPacket' | 'sign' | 'verify', () => void> {
  const { txId, envelope, sealed, body, creatorKey, signature } = createSealedWork(VALUE_BYTES);
  const tee = SUITE.generateSigningKeyPair();
  const endorser = generateP256();
  const contexts = createRecipientContexts(1);
  const names = createNameKeys(SUITE.name, randomBytes(32));
  const dataKey = randomBytes(32);
  const ledgerKey = names.ledgerKey('values', 'key');
  const header = { keyEpoch: 1n, channel: 'bench', contract: 'bench', dataset: 'values', datasetTag: names.datasetTag('values', ''), ledgerKey, txId, readSetDigest: randomBytes(32) };
  const value = randomBytes(VALUE_BYTES);
  const packet = sealPacket({ suite: SUITE.name, dataKey, header, key: 'key', value }).bytes;
  const core = encodeMessage(CoreSchema, create(CoreSchema, { version: 1, txId, requestDigest: txId, responseDigest: txId }));
  const coreSignature = SUITE.sign(tee.privateKey, teeSigningInput([core]));
  const query = randomBytes(200);
  return {
    ask() {
      SUITE.sign(tee.privateKey, signing.stateQuery(query));
    },
    answer() {
      const opened = openSealedRequest(sealed, () => envelope, PLACE, contexts);
      isP256SignatureValid(creatorKey, signing.request(body), signature);
      openPacket(packet, { dataKey: () => dataKey, expected: { channel: 'bench', contract: 'bench', dataset: 'values', ledgerKey } });
      const digest = requestDigest(SUITE.name, opened.transactionKey, opened.signedRequest);
      sealResponse({ suite: SUITE.name, transactionKey: opened.transactionKey, headerBytes: opened.headerBytes, nodeId: 'node', requestDigest: digest, coreDigest: digest, responseBytes: value });
    },
    write() {
      sealPacket({ suite: SUITE.name, dataKey, header, key: 'key', value });
      responseDigest(SUITE.name, dataKey, value);
    },
    signCore() {
      SUITE.sign(tee.privateKey, teeSigningInput([core]));
    },
    verifyTee() {
      SUITE.isSignatureValid(tee.publicKey, teeSigningInput([core]), coreSignature);
    },
    hashPacket() {
      createHash('sha256').update(packet).digest();
    },
    sign() {
      signP256(endorser.privateKey, core);
    },
    verify() {
      isP256SignatureValid(creatorKey, signing.request(body), signature);
    },
  };
}
