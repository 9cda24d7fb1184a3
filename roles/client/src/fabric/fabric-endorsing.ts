import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { ENDORSE_FUNCTION, EndorsersRefused, endorsingSets, setsThatRunAll, TARGET_DATA_FIELD, type OrganisationRefusal } from '@selvedge/fabric';
import type { EndorsedFabricTransaction, FabricGateway, FabricInvocation } from '@selvedge/fabric-network/gateway';
import { encodeMessage, TargetDataSchema } from '@selvedge/protocol';
import { awaitOrganisationsHeight } from '../catch-up.js';
import { orderSets } from '../domain/endorsing-order.js';
import { verifyFabricEndorsement } from '../domain/fabric-endorsement.js';
import { declaredOwners } from '../domain/requirements.js';
import { isPassingOnFabric, isPerhapsBehind } from '../domain/retry.js';
import type { LaneInput } from '../ledger-lane.js';
import { pause } from '../repeat.js';
import type { Session } from '../session.js';

const ATTEMPT_TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/** A transaction with enough endorsements, checked. */
export interface FabricEndorsed {
  readonly transaction: EndorsedFabricTransaction;
  /** EndorsementPayload bytes. */
  readonly endorsementPayload: Uint8Array;
}

/**
 * Has target data endorsed by one peer of each of as few organisations as the policies need, then by other sets of
 * organisations, then again by those that were behind the owners or could not be reached.
 * Throws the endorsers' common refusal, ENDORSEMENT_FAILED with a list, ENDORSEMENTS_DISAGREE, or CALLED_ENDORSERS_DIFFER.
 */
export async function endorseOnFabric(session: Session, fabric: FabricGateway, input: LaneInput): Promise<FabricEndorsed> {
  const { limits, endorserRotation } = session;
  const startedAt = performance.now();
  const sets = allowedSets(input);
  // Kept by organisation, or by a whole set where a failure names none of it.
  const forGood = new Map<string, SelvedgeError>();
  const isRefused = (organisations: readonly string[]): boolean => namesOf(organisations).some((name) => forGood.has(name));
  const attempt = await createAttempt(session, fabric, input);
  let caughtUp = false;
  let latest: ReadonlyMap<string, SelvedgeError> = new Map();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const round = new Map<string, SelvedgeError>();
    for (const organisations of orderSets(sets, endorserRotation)) {
      const remainingMs = limits.endorseTimeoutMs - (performance.now() - startedAt);
      if (remainingMs <= 0) break;
      // Whoever has refused in this round would refuse again.
      if (isRefused(organisations) || namesOf(organisations).some((name) => round.has(name))) continue;
      const result = await attempt(organisations, Math.min(ATTEMPT_TIMEOUT_MS, remainingMs));
      if (!Array.isArray(result)) return result;
      for (const { mspId, refusal } of result) round.set(mspId, refusal);
    }
    if (round.size > 0) latest = round;
    const failure = (): SelvedgeError => describe(new Map([...forGood, ...latest]));
    const elapsedMs = performance.now() - startedAt + pauseMs;
    if (elapsedMs >= limits.endorseTimeoutMs) throw failure();
    const behind = [...round].filter(([, { code }]) => isPerhapsBehind(code)).map(([mspId]) => mspId);
    if (behind.length > 0 && !caughtUp) {
      caughtUp = true;
      const owners = declaredOwners(input.requirements.targets);
      await awaitOrganisationsHeight(session, input.txId, { owners, organisations: behind, timeoutMs: limits.endorseTimeoutMs - elapsedMs });
      continue;
    }
    for (const [name, refusal] of round) if (isFinal(refusal)) forGood.set(name, refusal);
    const disagrees = [...round.values()].some(({ code }) => code === 'ENDORSEMENTS_DISAGREE');
    if (disagrees && elapsedMs >= limits.staleGraceMs) throw failure();
    if (sets.every(isRefused)) throw failure();
    await pause(pauseMs, session.closing);
  }
}

/**
 * The sets of organisations that satisfy every policy, of those that the caller allows. Throws ENDORSEMENT_FAILED when
 * there is none, CALLED_ENDORSERS_DIFFER when none of them endorses every contract that was called.
 */
function allowedSets({ requirements, endorsingOrganizations }: LaneInput): readonly (readonly string[])[] {
  const satisfying = endorsingSets(requirements.policies);
  // A contract alone is asked for where its policies say; a key's own policy may name others.
  const able = requirements.contracts.length > 1 ? setsThatRunAll(satisfying, requirements.contracts) : satisfying;
  const sets = able.filter((set) => endorsingOrganizations === undefined || set.every((mspId) => endorsingOrganizations.includes(mspId)));
  if (sets.length > 0) return sets;
  const whom = endorsingOrganizations === undefined ? 'one peer of each organisation' : endorsingOrganizations.join(', ');
  throw new SelvedgeError('ENDORSEMENT_FAILED', `${whom} cannot satisfy the endorsement policies`, { role: 'client' });
}

type Attempt = (organisations: readonly string[], timeoutMs: number) => Promise<FabricEndorsed | OrganisationRefusal[]>;

/** One try with one set of organisations. Throws CANCELLED and whatever is no refusal. */
async function createAttempt(session: Session, fabric: FabricGateway, input: LaneInput): Promise<Attempt> {
  const { network, channel, endorserRotation } = session;
  const { targetData, requirements, signal } = input;
  const view = await session.trust.view();
  const expected = { network, channel, targetData, requirements, msps: view.profile.msps };
  const invocation: FabricInvocation = {
    chaincode: input.contract,
    functionName: ENDORSE_FUNCTION,
    transientData: { [TARGET_DATA_FIELD]: encodeMessage(TargetDataSchema, targetData) },
    nonce: input.nonce,
  };
  return async (organisations, timeoutMs) => {
    try {
      const transaction = await fabric.endorse({ ...invocation, organisations }, { timeoutMs, signal: withClosing(session, signal) });
      const endorsementPayload = verifyFabricEndorsement(transaction, expected);
      for (const mspId of organisations) endorserRotation.succeeded(mspId);
      return { transaction, endorsementPayload };
    } catch (error) {
      if (!isSelvedgeError(error) || error.code === 'CANCELLED') throw error;
      const refusals = refusalsIn(error, organisations);
      const unreached = refusals.filter(({ refusal }) => isPassingOnFabric(refusal.code)).map(({ mspId }) => mspId);
      for (const mspId of organisations) if (unreached.includes(mspId) || unreached.includes(setName(organisations))) endorserRotation.failed(mspId);
      return refusals;
    }
  };
}

/** A failure that names no organisation, such as the gateway peer's own, counts for the whole set and for no other. */
function refusalsIn(error: SelvedgeError, organisations: readonly string[]): OrganisationRefusal[] {
  const named = error instanceof EndorsersRefused ? error.refusals.filter(({ mspId }) => organisations.includes(mspId)) : [];
  return named.length > 0 ? named : [{ mspId: setName(organisations), refusal: error }];
}

function setName(organisations: readonly string[]): string {
  return organisations.join(', ');
}

/** Under which names refusals that concern this set are kept. */
function namesOf(organisations: readonly string[]): string[] {
  return [...organisations, setName(organisations)];
}

/** Endorsers at different heights disagree for a moment. */
function isFinal({ code }: SelvedgeError): boolean {
  return !isPassingOnFabric(code) && code !== 'ENDORSEMENTS_DISAGREE';
}

function describe(refused: ReadonlyMap<string, SelvedgeError>): SelvedgeError {
  if (refused.size === 0) return new SelvedgeError('TIMEOUT', 'no endorser answered in time', { role: 'client' });
  return new EndorsersRefused([...refused].map(([mspId, refusal]) => ({ mspId, refusal })));
}

function withClosing({ closing }: Session, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? closing : AbortSignal.any([closing, signal]);
}
