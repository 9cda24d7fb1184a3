import fc from 'fast-check';
import { isSelvedgeError } from '@selvedge/errors';
import { createTestConsortium } from '@selvedge/fixtures';
import { createFabricChain } from '@selvedge/fixtures/fabric';
import { beforeAll, describe, expect, it } from 'vitest';
import { endorsedOf, stateOf, type TestFabricState } from '../testdata/fabric-ledger.js';
import { parseDelivered, verifyFabricBlock } from './block.js';
import { judgeFabricTransaction, type JudgeContext } from './judge-transaction.js';
import { parsePrivateData } from './private-data.js';

/** Bytes with some changed, cut, doubled or put in. */
const mutation = fc.array(fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }), kind: fc.constantFrom('set', 'set', 'cut', 'insert', 'double') }), { minLength: 1, maxLength: 6 });

function mutate(bytes: Uint8Array, changes: readonly { readonly at: number; readonly byte: number; readonly kind: string }[]): Uint8Array {
  let changed = Buffer.from(bytes);
  for (const { at, byte, kind } of changes) {
    const place = changed.length === 0 ? 0 : at % changed.length;
    if (kind === 'set') changed[place] = byte;
    else if (kind === 'cut') changed = changed.subarray(0, place);
    else if (kind === 'insert') changed = Buffer.concat([changed.subarray(0, place), Buffer.of(byte), changed.subarray(place)]);
    else changed = Buffer.concat([changed.subarray(0, place), changed.subarray(Math.max(0, place - byte))]);
  }
  return changed;
}

describe('mutated blocks', () => {
  let context: JudgeContext;
  let state: TestFabricState;
  let delivered: Uint8Array;
  let envelope: Uint8Array;
  let privateData: Uint8Array;

  beforeAll(async () => {
    const consortium = await createTestConsortium();
    state = stateOf(consortium);
    context = { channel: consortium.channel, policyChaincode: 'selvedge-policy', state };
    const chain = createFabricChain(consortium.channel);
    const transaction = chain.transaction(endorsedOf(consortium));
    chain.add({ transaction });
    delivered = chain.blocks[1]!;
    envelope = transaction.envelope;
    privateData = transaction.privateData.serializeBinary();
  });

  const codeOf = (action: () => unknown): string => {
    try {
      action();
      return 'fine';
    } catch (error) {
      if (isSelvedgeError(error)) return error.code;
      throw error;
    }
  };

  it('are refused by a code, or have the very transactions of their header', () => {
    fc.assert(
      fc.property(mutation, (changes) => {
        const code = codeOf(() => {
          const parsed = parseDelivered(mutate(delivered, changes));
          if (parsed.kind !== 'block') return;
          verifyFabricBlock(parsed.block, { number: parsed.block.number, previousHash: parsed.block.previousHash });
          for (const [i, bytes] of parsed.block.envelopes.entries()) judgeFabricTransaction(bytes, parsed.block.flags[i]!, context);
        });
        expect(['fine', 'LEDGER_CORRUPT']).toContain(code);
      }),
      { numRuns: 1_500 },
    );
  });

  it('whose header fits hold transactions that are judged or refused by a code', () => {
    fc.assert(
      fc.property(mutation, fc.constantFrom(0, 0, 11, 10, 254), (changes, flag) => {
        expect(['fine', 'LEDGER_CORRUPT']).toContain(codeOf(() => judgeFabricTransaction(mutate(envelope, changes), flag, context)));
      }),
      { numRuns: 3_000 },
    );
  });

  it('never make an invalid transaction a fault', () => {
    fc.assert(
      fc.property(mutation, (changes) => {
        const verdict = judgeFabricTransaction(mutate(envelope, changes), 10, context);
        expect(verdict.entries).toEqual([]);
        expect(verdict.txIds).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('bring private data that is parsed or refused by a code', () => {
    fc.assert(
      fc.property(mutation, (changes) => {
        expect(['fine', 'MALFORMED_MESSAGE', 'LIMIT_EXCEEDED']).toContain(codeOf(() => parsePrivateData(mutate(privateData, changes), () => true)));
      }),
      { numRuns: 1_500 },
    );
  });
});
