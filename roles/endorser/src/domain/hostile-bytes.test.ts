import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { createTargetData, createTestConsortium, refusalCode, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { TargetDataSchema, type TargetData } from '@selvedge/protocol';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifyTargetData } from './verify-target-data.js';

let consortium: TestConsortium;
let node: TestComputeNode;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode();
});

const verify = (targetData: TargetData): unknown => verifyTargetData(targetData, { state: consortium.state, profile: consortium.profile, at: consortium.now });
/** Positions and bytes to put there. */
const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
const mutate = (bytes: Uint8Array, edits: readonly (readonly [number, number])[], cut: number): Uint8Array => {
  const out = Uint8Array.from(bytes);
  for (const [at, value] of edits) out[at % out.length] = value;
  return cut === 0 ? out : out.subarray(0, out.length - (cut % out.length));
};

describe('hostile target data', () => {
  it('is refused with a code of ours, or is what it was', () => {
    const genuine = toBinary(TargetDataSchema, createTargetData({ consortium, nodes: [node], event: { name: 'e', payload: 'p' } }));
    fc.assert(
      fc.property(changes, fc.nat({ max: 3 }), (edits, cut) => {
        let targetData: TargetData;
        try {
          targetData = fromBinary(TargetDataSchema, mutate(genuine, edits, cut));
        } catch {
          return; // the transport's parser refuses it
        }
        expect(() => refusalCode(() => verify(targetData))).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });

  it('is refused with a code of ours even when a TEE has signed it', () => {
    const genuine = createTargetData({ consortium, nodes: [node], reads: [{ key: 'r' }], writes: [{ key: 'a', value: '1' }, { key: 'b' }] });
    fc.assert(
      fc.property(changes, fc.nat({ max: 3 }), (edits, cut) => {
        const core = mutate(genuine.cores[0]!, edits, cut);
        const attachments = { ...genuine.attachments!, teeSignatures: [{ $typeName: 'selvedge.v1.TeeSignature' as const, ...node.signCores([core]) }] };
        expect(() => refusalCode(() => verify({ ...genuine, cores: [core], attachments }))).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });
});
