import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '@selvedge/crypto';
import { validationCodeName } from '@selvedge/embedded-ledger';
import { createTestConsortium, endorserSigners, type TestConsortium } from '@selvedge/fixtures';
import { createEmbeddedLedger } from './embedded-ledger.js';
import { createTransactionMaker, type MadeTransaction } from './transaction-maker.js';

const WAIT_MS = 10_000;
const KEYS = ['a', 'b', 'c'];

/** One step: what a client does with what it last saw, or with what it saw some steps ago. */
interface Step {
  readonly key: string;
  readonly effect: 'put' | 'delete' | 'nothing';
  readonly reads: boolean;
  readonly ranges: boolean;
  readonly stale: boolean;
  readonly endorsed: boolean;
  readonly replayed: boolean;
  /** Ends a round: everything before it is ordered. */
  readonly flush: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  key: fc.constantFrom(...KEYS),
  effect: fc.constantFrom('put', 'put', 'delete', 'nothing'),
  reads: fc.boolean(),
  ranges: fc.boolean(),
  stale: fc.boolean(),
  endorsed: fc.constantFrom(true, true, true, false),
  replayed: fc.constantFrom(false, false, false, true),
  flush: fc.boolean(),
});

/** What a ledger is, in a few lines: the expected verdicts come from here. */
class ReferenceLedger {
  readonly versions = new Map<string, string>();
  readonly seen = new Set<string>();
  guard = '';

  judge({ txId, core }: MadeTransaction, endorsed: boolean): string {
    const id = toHex(txId);
    if (this.seen.has(id)) return 'DUPLICATE_TXID';
    this.seen.add(id);
    const { reads, writes, guardsRead, guardsWritten } = core.sections[0]!;
    if (!endorsed) return 'ENDORSEMENT_POLICY_FAILURE';
    if (reads.some((read) => (this.versions.get(toHex(read.ledgerKey)) ?? '') !== toHex(read.packetHash))) return 'MVCC_READ_CONFLICT';
    if (guardsRead.some((guard) => toHex(guard.txId) !== this.guard)) return 'PHANTOM_READ_CONFLICT';
    for (const { ledgerKey, effect } of writes) {
      if (effect.case === 'packetHash') this.versions.set(toHex(ledgerKey), toHex(effect.value));
      else this.versions.delete(toHex(ledgerKey));
    }
    if (guardsWritten.length > 0) this.guard = id;
    return 'VALID';
  }
}

describe('any order of any transactions', () => {
  let consortium: TestConsortium;
  let make: ReturnType<typeof createTransactionMaker>;

  beforeAll(async () => {
    consortium = await createTestConsortium();
    make = createTransactionMaker(consortium, await consortium.issueComputeNode());
  });

  const makeStep = ({ key, effect, reads, ranges, endorsed }: Step, seen: ReferenceLedger): MadeTransaction => {
    const version = seen.versions.get(toHex(consortium.contractKeys.names.ledgerKey('', key)));
    return make({
      reads: reads ? [{ key, ...(version !== undefined && { packetHash: Buffer.from(version, 'hex') }) }] : [],
      writes: effect === 'nothing' ? [] : [{ key, ...(effect === 'put' && { value: 'v' }) }],
      ...(ranges && { rangeRead: { dataset: '', lastWriter: Buffer.from(seen.guard, 'hex') } }),
      endorsers: endorserSigners(consortium, endorsed ? ['NorthMSP', 'SouthMSP'] : ['NorthMSP']),
    });
  };
  const copy = (ledger: ReferenceLedger): ReferenceLedger => {
    const copied = new ReferenceLedger();
    for (const [key, version] of ledger.versions) copied.versions.set(key, version);
    copied.guard = ledger.guard;
    return copied;
  };

  it('is judged as the reference says, and alike by every follower', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 24 }), async (steps) => {
        const ledger = await createEmbeddedLedger(consortium, 2);
        try {
          const reference = new ReferenceLedger();
          let stale = copy(reference);
          let last: MadeTransaction | undefined;
          let round: Uint8Array[] = [];
          const expected = new Map<string, { readonly txId: Uint8Array; readonly verdict: string }>();
          let height = ledger.followers[0]!.head.height;
          const flush = async (): Promise<void> => {
            if (round.length === 0) return;
            const places = await ledger.orderBytes(round);
            height = places.at(-1)!.blockNumber + 1n;
            round = [];
            stale = copy(reference);
          };
          for (const one of steps) {
            const transaction = one.replayed && last !== undefined ? last : makeStep(one, one.stale ? stale : reference);
            const verdict = reference.judge(transaction, one.endorsed);
            const id = toHex(transaction.txId);
            if (!expected.has(id)) expected.set(id, { txId: transaction.txId, verdict });
            round.push(transaction.bytes);
            last = transaction;
            if (one.flush) await flush();
          }
          await flush();
          // One follower starts now, one is restarted: neither may matter.
          await ledger.restart();
          await ledger.addFollower();
          await Promise.all(ledger.followers.map((follower) => follower.waitForHeight(height, WAIT_MS)));
          for (const follower of ledger.followers) {
            const verdicts = [...expected.values()].map(({ txId }) => validationCodeName(follower.state.result(txId)!.code));
            expect(verdicts).toEqual([...expected.values()].map(({ verdict }) => verdict));
            for (const key of KEYS) {
              const ledgerKey = consortium.contractKeys.names.ledgerKey('', key);
              const version = follower.state.version(consortium.contract, 'houses', '', ledgerKey);
              expect(version && toHex(version)).toBe(reference.versions.get(toHex(ledgerKey)));
            }
          }
          expect(new Set(ledger.followers.map(({ head }) => `${toHex(head.blockHash)} ${toHex(head.commitHash)} ${toHex(head.policyRoot)}`)).size).toBe(1);
        } finally {
          await ledger.close();
        }
      }),
      { numRuns: 12 },
    );
  });
});
