import { createKeyRequest, nodeEvidenceOf, openKeyRelease, type Attester, type NodeTeeRole } from '@selvedge/attestation';
import { suiteByName, type SigningKeyPair } from '@selvedge/crypto';
import { isSelvedgeError } from '@selvedge/errors';
import type { Signer } from '@selvedge/identity';
import type { LedgerView } from '@selvedge/ledger-view';
import { createFailover } from '@selvedge/rpc';
import { createHeldKeys, type HeldKeys, type SuiteRelease } from '../domain/held-keys.js';
import type { KeyBrokerPort } from '../ports.js';

/** Obtains this node's keys by attestation and renews them. */
export interface KeyKeeper {
  /** undefined until the first release. */
  current(): HeldKeys | undefined;
  /** Asks for a renewal soon: the first view came, the policy changed, or a request needs a key that is not held. */
  renew(): void;
  close(): void;
}

export interface KeyKeeperOptions {
  /** Its replicas: when one refuses or is down, the next is asked. */
  readonly brokers: readonly KeyBrokerPort[];
  readonly attester: Attester;
  readonly role: NodeTeeRole;
  /** The operating organisation's identity. */
  readonly operator: Signer;
  readonly nodeId: string;
  /** Whether the keys are all that the ledger says this node should hold; while they are not, it asks again. */
  readonly isComplete: (keys: HeldKeys, view: LedgerView) => boolean;
  /** The current ledger view; what it throws counts as a failed attempt. */
  readonly view: () => LedgerView;
  readonly now: () => Date;
  /** Pause after the first failed attempt, doubled up to maxBackoffMs; up to half of it is cut at random, so that nodes do not ask in step. Defaults 200 and 5,000. */
  readonly minBackoffMs?: number;
  readonly maxBackoffMs?: number;
  /** Called with each release, whether or not it holds all that the ledger promises. */
  readonly onKeys?: (keys: HeldKeys) => void;
  readonly onFailure?: (error: unknown) => void;
}

const MAX_TIMER_MS = 24 * 3600 * 1000;
/** Trying again soon changes nothing about them. */
const WAITS_FOR_OTHERS: readonly string[] = ['RATE_LIMITED', 'KEY_ACCESS_DENIED'];

/** Asks the broker from the first renew() on; see KeyKeeper. */
export function createKeyKeeper(options: KeyKeeperOptions): KeyKeeper {
  const { minBackoffMs = 200, maxBackoffMs = 5_000 } = options;
  let backoffMs = minBackoffMs;
  const closing = new AbortController();
  const signingKeys = new Map<string, SigningKeyPair>();
  const failover = createFailover();
  let held: HeldKeys | undefined;
  let isWanted = false;
  let wake: (() => void) | undefined;

  const attest = async (view: LedgerView, suiteName: string): Promise<SuiteRelease> => {
    const suite = suiteByName(suiteName);
    const keys = signingKeys.get(suiteName) ?? suite.generateSigningKeyPair();
    signingKeys.set(suiteName, keys);
    const { attester, role, nodeId, operator } = options;
    const released = await failover(options.brokers, async (broker) => {
      const challenge = await broker.challenge(closing.signal);
      const pending = await createKeyRequest({ attester, role, suite: suiteName, nodeId, operator, challenge, profile: view.profile, signingKeys: keys });
      const answer = await broker.releaseKeys(pending.request, closing.signal);
      return { evidence: nodeEvidenceOf(pending.request), release: openKeyRelease({ release: answer, pending, profile: view.profile, ledger: view, at: options.now() }) };
    });
    return { suite, signingKeys: keys, ...released };
  };

  /** True when nothing is missing. */
  const obtain = async (): Promise<boolean> => {
    const view = options.view();
    const releases: SuiteRelease[] = [];
    for (const suite of view.profile.message.allowedSuites) releases.push(await attest(view, suite));
    const keys = createHeldKeys(releases);
    if (closing.signal.aborted) return true;
    held = keys;
    options.onKeys?.(keys);
    return options.isComplete(keys, view);
  };

  const isObtained = async (): Promise<boolean> => {
    try {
      return await obtain();
    } catch (error) {
      // More tries would only lengthen the wait, and others' of its organisation.
      if (isSelvedgeError(error) && WAITS_FOR_OTHERS.includes(error.code)) backoffMs = maxBackoffMs;
      if (!closing.signal.aborted) options.onFailure?.(error);
      return false;
    }
  };

  const pause = (ms: number, isWoken: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(ms, MAX_TIMER_MS));
      wake = () => {
        if (!isWoken()) return;
        clearTimeout(timer);
        resolve();
      };
    });
  const isClosing = (): boolean => closing.signal.aborted;

  /** Half of what remains of the certificates, so that a broker may be away for long. */
  const renewalMs = (): number => (held === undefined ? MAX_TIMER_MS : Math.max(maxBackoffMs, (held.notAfter.getTime() - options.now().getTime()) / 2));

  const run = async (): Promise<void> => {
    while (!isClosing()) {
      if (!isWanted) await pause(renewalMs(), () => isWanted || isClosing());
      if (isClosing()) return;
      isWanted = false;
      if (await isObtained()) {
        backoffMs = minBackoffMs;
      } else {
        isWanted = true;
        // Wishes do not shorten a backoff: clients could drive a broker in trouble.
        await pause(backoffMs * (0.5 + Math.random() / 2), isClosing);
        backoffMs = Math.min(maxBackoffMs, backoffMs * 2);
      }
    }
  };
  void run();

  return {
    current: () => held,
    renew() {
      isWanted = true;
      wake?.();
    },
    close() {
      closing.abort();
      wake?.();
    },
  };
}
