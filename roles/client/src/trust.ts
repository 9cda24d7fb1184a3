import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { verifyEnvelopeEvidence } from '@selvedge/attestation';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { createLedgerViewTracker, type LedgerView } from '@selvedge/ledger-view';
import { facts, type Profile } from '@selvedge/policy';
import { createFailover } from '@selvedge/rpc';
import { readContractTerms, type ContractTerms } from './domain/contract-terms.js';
import { acceptBrokerStatement, isEnvelopeCurrent, type TrustedEnvelope } from './domain/envelope.js';
import { signedProfileOf } from './domain/pins.js';
import { isWorthRepeat } from './domain/retry.js';
import type { ClientLimits } from './limits.js';
import type { KeyBrokerPort, NetworkPorts, Pins } from './ports.js';
import { isSettledWithin, repeatUntil } from './repeat.js';

/** What the client has verified: the ledger's facts by a quorum, and the broker's envelope keys by its evidence. */
export interface Trusted {
  readonly view: LedgerView;
  readonly envelope: TrustedEnvelope;
}

/** Keeps verified facts and evidence, and fetches them again when they age or are refused. */
export interface Trust {
  /** Verified before the first request leaves; verified again when older than limits.evidenceMaxAgeMs. */
  current(): Promise<Trusted>;
  /** The ledger's facts alone, as a quorum of organisations shows them. */
  view(): Promise<LedgerView>;
  /** Terms of a contract; looks at the ledger again before it says CONTRACT_UNKNOWN. */
  terms(contract: string): Promise<ContractTerms>;
  /**
   * The ledger's facts as they are now, under a fresh nonce.
   * @param block number of a block that they must include: a quorum may be behind the owner that told of it. Throws VIEW_BEHIND when it stays so.
   */
  newestView(block?: bigint): Promise<LedgerView>;
  /** Fetches view and evidence again, under fresh nonces. */
  refresh(): Promise<void>;
  close(): void;
}

/** How often followers are asked while a gateway is open. Facts are checked again by every other role. */
const POLL_INTERVAL_MS = 2_000;
const VIEW_MAX_AGE_MS = 60_000;
const LOOK_AGAIN_MS = 3_000;
const NONCE_BYTES = 32;

/** What trust is built from. */
export interface TrustOptions {
  /** The profile to begin with, and the bytes that the caller gave. */
  readonly profile: Profile;
  readonly signedProfile: Uint8Array;
  readonly pins: Pins | undefined;
  readonly ports: NetworkPorts;
  readonly clock: () => Date;
  readonly limits: ClientLimits;
}

export function createTrust(options: TrustOptions): Trust {
  const { profile, pins, ports, clock, limits } = options;
  const closing = new AbortController();
  // Every request that waits for the ledger view or for evidence listens.
  setMaxListeners(0, closing.signal);
  const nowMs = (): number => performance.now();
  const tracker = createLedgerViewTracker({
    profile,
    followers: () => ports.followers(),
    clock: nowMs,
    pollIntervalMs: POLL_INTERVAL_MS,
    maxAgeMs: VIEW_MAX_AGE_MS,
  });
  const termsByRoot = new WeakMap<Uint8Array, Map<string, ContractTerms>>();
  let started: Promise<void> | undefined;
  let hasStarted = false;
  let accepted: { readonly envelope: TrustedEnvelope; readonly atMs: number } | undefined;
  let fetching: Promise<TrustedEnvelope> | undefined;

  // Starting tries for ever; a caller waits for so long and then learns from one more poll what is missing.
  const view = async (): Promise<LedgerView> => {
    if (!hasStarted) {
      started ??= tracker.start();
      started.catch(() => undefined);
      if (!(await isSettledWithin(started, limits.evidenceTimeoutMs))) return tracker.refresh();
      await started;
      hasStarted = true;
    }
    return tracker.current();
  };

  // While a policy change spreads, followers may be of two minds for a moment.
  const lookAgain = (): Promise<LedgerView> =>
    repeatUntil(() => tracker.refresh(), { timeoutMs: Math.min(LOOK_AGAIN_MS, limits.evidenceTimeoutMs), isWorthRepeat, signal: closing.signal });

  const lookAgainWith = async (block: bigint): Promise<LedgerView> => {
    const attempt = async (): Promise<LedgerView> => {
      const seen = await tracker.refresh();
      if (seen.height <= block) throw new SelvedgeError('VIEW_BEHIND', `a quorum of organisations is at height ${String(seen.height)}, without block ${String(block)}`, { role: 'client' });
      return seen;
    };
    return repeatUntil(attempt, { timeoutMs: limits.evidenceTimeoutMs, isWorthRepeat, signal: closing.signal });
  };
  const newestView = (block?: bigint): Promise<LedgerView> => (block === undefined ? lookAgain() : lookAgainWith(block));

  const failover = createFailover({ isTelling: (error) => isSelvedgeError(error) && isWorthRepeat(error.code) });

  const fetchEnvelope = async (): Promise<TrustedEnvelope> => {
    const ledger = await view();
    const brokers = ports.keyBrokers();
    // One that does not answer leaves time for the others.
    const timeoutMs = Math.ceil(limits.evidenceTimeoutMs / brokers.length);
    return failover(brokers, (broker) => fetchEnvelopeOf(broker, { ledger, timeoutMs }));
  };

  const fetchEnvelopeOf = async (broker: KeyBrokerPort, { ledger, timeoutMs }: { readonly ledger: LedgerView; readonly timeoutMs: number }): Promise<TrustedEnvelope> => {
    const nonce = randomBytes(NONCE_BYTES);
    const answer = await broker.getEnvelopeEvidence(nonce, { timeoutMs, signal: closing.signal });
    const statement = verifyEnvelopeEvidence({ answer, nonce, profile: ledger.profile, at: clock(), ledger }); // before anything is sealed to its keys
    const previous = accepted?.envelope ?? pins?.kept?.envelope;
    const envelope = await acceptOrLookAgain((seen) => acceptBrokerStatement(statement, { ledger: seen, previous }), ledger);
    await pins?.keep({ signedProfile: signedProfileOf(ledger.profile, [ledger.fact(facts.profile), options.signedProfile, pins.kept?.signedProfile]), envelope });
    accepted = { envelope, atMs: nowMs() };
    return envelope;
  };

  // The broker may have moved on since the view was polled.
  const acceptOrLookAgain = async <T>(accept: (ledger: LedgerView) => T, ledger: LedgerView): Promise<T> => {
    try {
      return accept(ledger);
    } catch {
      return accept(await lookAgain());
    }
  };

  const refreshEnvelope = (): Promise<TrustedEnvelope> => {
    fetching ??= repeatUntil(fetchEnvelope, { timeoutMs: limits.evidenceTimeoutMs, isWorthRepeat, signal: closing.signal }).finally(() => {
      fetching = undefined;
    });
    return fetching;
  };

  const envelope = async (ledger: LedgerView): Promise<TrustedEnvelope> => {
    if (accepted !== undefined && nowMs() - accepted.atMs <= limits.evidenceMaxAgeMs && isEnvelopeCurrent(accepted.envelope, ledger)) return accepted.envelope;
    return refreshEnvelope();
  };

  const termsIn = (ledger: LedgerView, contract: string): ContractTerms => {
    let known = termsByRoot.get(ledger.policyRoot);
    if (known === undefined) termsByRoot.set(ledger.policyRoot, (known = new Map<string, ContractTerms>()));
    let terms = known.get(contract);
    if (terms === undefined) known.set(contract, (terms = readContractTerms(ledger, contract)));
    return terms;
  };

  return {
    view,
    async current() {
      const ledger = await view();
      return { view: ledger, envelope: await envelope(ledger) };
    },
    async terms(contract) {
      try {
        return termsIn(await view(), contract);
      } catch (error) {
        if (!isSelvedgeError(error, 'CONTRACT_UNKNOWN')) throw error;
        return termsIn(await lookAgain(), contract);
      }
    },
    newestView,
    async refresh() {
      await view();
      await lookAgain();
      await refreshEnvelope();
    },
    close() {
      closing.abort();
      tracker.close();
    },
  };
}
