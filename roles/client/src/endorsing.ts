import { isSelvedgeError, withRole, type SelvedgeError } from '@selvedge/errors';
import { toHex } from '@selvedge/crypto';
import { targetDigest, type TargetData } from '@selvedge/protocol';
import { awaitHeight, ownerHeight } from './catch-up.js';
import { canSatisfy, chooseEndorsers } from './domain/endorsers.js';
import { describeFailure, findSufficient, isDisagreement, verifyEndorsement, type VerifiedEndorsement } from './domain/endorsements.js';
import { declaredOwners, type Requirements } from './domain/requirements.js';
import { isPerhapsBehind, isWorthRepeat } from './domain/retry.js';
import type { EndorserPort } from './ports.js';
import { pause } from './repeat.js';
import type { Session } from './session.js';

const ATTEMPT_TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

export interface EndorsingOptions {
  readonly txId: Uint8Array;
  readonly requirements: Requirements;
  /** Only these organisations are asked. */
  readonly endorsingOrganizations?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Collects equal endorsements until every policy is satisfied: first from as few endorsers as need be, then from the
 * others, then once more from those that were behind the owners, and from those that could not be reached.
 * Throws the endorsers' common refusal, ENDORSEMENT_FAILED with a list, or ENDORSEMENTS_DISAGREE.
 */
export async function collectEndorsements(session: Session, targetData: TargetData, options: EndorsingOptions): Promise<VerifiedEndorsement[]> {
  const { limits, ports } = session;
  const startedAt = performance.now();
  const collector = await createCollector(session, targetData, options);
  let caughtUp = false;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const endorsers = orderedEndorsers(session, options.endorsingOrganizations);
    const first = chooseEndorsers(options.requirements.policies, endorsers);
    for (const wave of [first, endorsers.filter((endorser) => !first.includes(endorser))]) {
      const enough = await collector.ask(wave);
      if (enough !== undefined) return enough;
    }
    const elapsedMs = performance.now() - startedAt + pauseMs;
    if (elapsedMs >= limits.endorseTimeoutMs) throw collector.failure();
    if (collector.hasRefusal(isPerhapsBehind) && !caughtUp) {
      caughtUp = true;
      await collector.awaitOwnersHeight(limits.endorseTimeoutMs - elapsedMs);
      continue;
    }
    if (collector.disagree() && elapsedMs < limits.staleGraceMs) {
      // They were at different heights: asked again, they agree.
      collector.forget();
    } else if (!collector.mayStillSuffice(endorsers)) {
      throw collector.failure();
    }
    await pause(pauseMs, session.closing);
    await ports.reload().catch(() => undefined); // else the present endpoints stay
  }
}

/** What has been answered so far. */
interface Collector {
  /** Asks those that have not endorsed yet; resolves when all are done or nothing more is needed. */
  ask(wave: readonly EndorserPort[]): Promise<VerifiedEndorsement[] | undefined>;
  hasRefusal(matches: (code: SelvedgeError['code']) => boolean): boolean;
  disagree(): boolean;
  /** Whether those that have endorsed and those that could not be reached would be enough together. */
  mayStillSuffice(endorsers: readonly EndorserPort[]): boolean;
  forget(): void;
  /** Waits until the endorsers that may have been behind are as far as the owners are now. */
  awaitOwnersHeight(timeoutMs: number): Promise<void>;
  failure(): SelvedgeError;
}

async function createCollector(session: Session, targetData: TargetData, { txId, requirements, signal }: EndorsingOptions): Promise<Collector> {
  const view = await session.trust.view();
  const { network, channel, endorserRotation } = session;
  const { msps } = view.profile;
  const digest = targetDigest(targetData.cores, targetData.itemMask);
  const verified = new Map<string, VerifiedEndorsement>();
  const refusals = new Map<string, { readonly mspId: string; readonly error: SelvedgeError }>();
  const sufficient = (): VerifiedEndorsement[] | undefined => findSufficient([...verified.values()], requirements);

  const askOne = async (endorser: EndorserPort): Promise<void> => {
    const { mspId, address } = endorser;
    try {
      const endorsement = await endorser.endorse(targetData, { timeoutMs: ATTEMPT_TIMEOUT_MS, signal, txId: toHex(txId) });
      verified.set(address, verifyEndorsement(endorsement, { network, channel, targetDigest: digest, requirements, msps, mspId }));
      refusals.delete(address);
      endorserRotation.succeeded(address);
    } catch (error) {
      refusals.set(address, { mspId, error: withRole(error, 'endorser') });
      if (isSelvedgeError(error) && isWorthRepeat(error.code)) endorserRotation.failed(address);
    }
  };

  return {
    async ask(wave) {
      const pending = wave.filter(({ address }) => !verified.has(address)).map(askOne);
      await untilSufficient(pending, () => sufficient() !== undefined);
      return sufficient();
    },
    hasRefusal: (matches) => [...refusals.values()].some(({ error }) => matches(error.code)),
    disagree: () => isDisagreement([...verified.values()]),
    mayStillSuffice(endorsers) {
      const unreached = [...refusals.values()].some(({ error }) => isWorthRepeat(error.code));
      const possible = endorsers.filter(({ address }) => verified.has(address) || isWorthRepeat(refusals.get(address)?.error.code ?? 'INTERNAL'));
      return unreached && canSatisfy(requirements.policies, possible);
    },
    forget() {
      verified.clear();
    },
    async awaitOwnersHeight(timeoutMs) {
      const height = await ownerHeight(session, txId, declaredOwners(requirements.targets));
      const behind = [...refusals].filter(([, { error }]) => isPerhapsBehind(error.code));
      if (height !== undefined) await Promise.all(behind.map(([address]) => awaitHeight(session, address, height, timeoutMs)));
    },
    failure: () => describeFailure([...verified.values()], new Map([...refusals.values()].map(({ mspId, error }) => [mspId, error]))),
  };
}

function orderedEndorsers(session: Session, organisations: readonly string[] | undefined): EndorserPort[] {
  const known = session.ports.endorsers().filter(({ mspId }) => organisations === undefined || organisations.includes(mspId));
  return session.endorserRotation.order(known.map((port) => ({ nodeId: port.address, port }))).map(({ port }) => port);
}

/** Resolves when all are done, or as soon as nothing more is needed. */
async function untilSufficient(pending: readonly Promise<void>[], isEnough: () => boolean): Promise<void> {
  if (pending.length === 0) return;
  await new Promise<void>((resolve) => {
    let open = pending.length;
    const done = (): void => {
      open -= 1;
      if (open === 0 || isEnough()) resolve();
    };
    for (const promise of pending) promise.then(done, done);
  });
}
