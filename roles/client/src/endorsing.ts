import { isSelvedgeError, withRole, type SelvedgeError } from '@selvedge/errors';
import { targetDigest, type TargetData } from '@selvedge/protocol';
import { chooseEndorsers } from './domain/endorsers.js';
import { describeFailure, findSufficient, isDisagreement, verifyEndorsement, type VerifiedEndorsement } from './domain/endorsements.js';
import type { Requirements } from './domain/requirements.js';
import { isPerhapsBehind, isWorthRepeat } from './domain/retry.js';
import type { EndorserPort } from './ports.js';
import { pause } from './repeat.js';
import type { Session } from './session.js';

const ATTEMPT_TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

export interface EndorsingOptions {
  readonly txId: string;
  readonly requirements: Requirements;
  /** Only these organisations are asked. */
  readonly endorsingOrganizations?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Collects equal endorsements until every policy is satisfied: first from as few endorsers as need be, then from the
 * others, then again from those that could not be reached or may have been behind.
 * Throws the endorsers' common refusal, ENDORSEMENT_FAILED with a list, or ENDORSEMENTS_DISAGREE.
 */
export async function collectEndorsements(session: Session, targetData: TargetData, options: EndorsingOptions): Promise<VerifiedEndorsement[]> {
  const { limits, trust } = session;
  const { view } = await trust.current();
  const digest = targetDigest(targetData.cores, targetData.itemMask);
  const startedAt = performance.now();
  const verified = new Map<string, VerifiedEndorsement>();
  const refusals = new Map<string, SelvedgeError>();
  const sufficient = (): VerifiedEndorsement[] | undefined => findSufficient([...verified.values()], options.requirements);

  const ask = async (endorser: EndorserPort): Promise<void> => {
    const { mspId } = endorser;
    try {
      const endorsement = await endorser.endorse(targetData, { timeoutMs: ATTEMPT_TIMEOUT_MS, signal: options.signal, txId: options.txId });
      const expected = { network: session.network, channel: session.channel, targetDigest: digest, requirements: options.requirements, msps: view.profile.msps, mspId };
      verified.set(endorser.address, verifyEndorsement(endorsement, expected));
      refusals.delete(mspId);
      session.endorserRotation.succeeded(endorser.address);
    } catch (error) {
      refusals.set(mspId, withRole(error, 'endorser'));
      if (isSelvedgeError(error) && isWorthRepeat(error.code)) session.endorserRotation.failed(endorser.address);
    }
  };

  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const endorsers = orderedEndorsers(session, options.endorsingOrganizations);
    const first = chooseEndorsers(options.requirements.policies, endorsers);
    for (const wave of [first, endorsers.filter((endorser) => !first.includes(endorser))]) {
      const pending = wave.filter(({ address }) => !verified.has(address)).map(ask);
      await untilSufficient(pending, () => sufficient() !== undefined);
      const enough = sufficient();
      if (enough !== undefined) return enough;
    }
    const elapsedMs = performance.now() - startedAt + pauseMs;
    const hopeful = (isWorth: typeof isWorthRepeat): boolean => [...refusals.values()].some(({ code }) => isWorth(code));
    const mayRecover = hopeful(isWorthRepeat) && elapsedMs < limits.endorseTimeoutMs;
    const mayCatchUp = (hopeful(isPerhapsBehind) || isDisagreement([...verified.values()])) && elapsedMs < limits.staleGraceMs;
    if (!mayRecover && !mayCatchUp) throw describeFailure([...verified.values()], refusals);
    // Payloads that differ are asked for again: their endorsers were at different heights.
    if (isDisagreement([...verified.values()])) verified.clear();
    await pause(pauseMs, session.closing);
  }
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
