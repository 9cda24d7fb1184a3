import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { createEndorsedTransaction, createStageRequest, createTargetData, createTestConsortium, refusalCode, TEST_CONTRACT, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { PointReadSchema, SignedStateQuerySchema, signing, StageRequestSchema, type StageRequest } from '@selvedge/protocol';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifyStage } from './verify-stage.js';
import { verifyStateQuery } from './verify-state-query.js';

let consortium: TestConsortium;
let node: TestComputeNode;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode();
});

/** Positions and bytes to put there. */
const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
const mutate = (bytes: Uint8Array, edits: readonly (readonly [number, number])[], cut: number): Uint8Array => {
  const out = Uint8Array.from(bytes);
  for (const [at, value] of edits) out[at % out.length] = value;
  return cut === 0 ? out : out.subarray(0, out.length - (cut % out.length));
};

describe('hostile bytes', () => {
  it('of a stage request are refused with a code of ours, or are what they were', () => {
    const targetData = createTargetData({ consortium, nodes: [node], writes: [{ dataset: 'auroraStones', key: 's', value: '1' }] });
    const genuine = toBinary(StageRequestSchema, createStageRequest(consortium, targetData, createEndorsedTransaction({ consortium, targetData }), 'AuroraMSP'));
    fc.assert(
      fc.property(changes, fc.nat({ max: 3 }), (edits, cut) => {
        let request: StageRequest;
        try {
          request = fromBinary(StageRequestSchema, mutate(genuine, edits, cut));
        } catch {
          return; // the transport's parser refuses it
        }
        expect(() => refusalCode(() => verifyStage(request, { state: consortium.state, profile: consortium.profile, mspId: 'AuroraMSP' }))).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });

  it('of a state query are refused with a code of ours, signed or not', () => {
    const points = [create(PointReadSchema, { ownerSet: 'aurora', dataset: 'auroraStones', ledgerKey: new Uint8Array(32) })];
    const genuine = node.signStateQuery({ contract: TEST_CONTRACT, recipient: 'AuroraMSP', points });
    const context = { facts: consortium.state, profile: consortium.profile, mspId: 'AuroraMSP', at: consortium.now };
    fc.assert(
      fc.property(changes, fc.nat({ max: 3 }), fc.boolean(), (edits, cut, isSigned) => {
        const query = mutate(genuine.query, edits, cut);
        const signature = isSigned ? node.suite.sign(node.privateKey, signing.stateQuery(query)) : genuine.signature;
        const certificate = isSigned ? genuine.certificate : mutate(genuine.certificate, edits, cut);
        expect(() => refusalCode(() => verifyStateQuery(create(SignedStateQuerySchema, { query, certificate, signature }), context))).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });
});
