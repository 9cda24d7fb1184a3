import { SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { isKeyChange } from '@selvedge/policy';

/** One organisation's refusal to endorse. */
export interface OrganisationRefusal {
  readonly mspId: string;
  readonly refusal: SelvedgeError;
}

/** Refusals that say the same to a caller: what was read has changed. */
const STALE: ReadonlySet<RefusalCode> = new Set<RefusalCode>(['STALE_READ', 'STALE_GUARD']);

/**
 * Endorsers refused: their own code when they agree on one (or all say that something read has changed, or keys), else
 * ENDORSEMENT_FAILED with a list by organisation.
 */
export class EndorsersRefused extends SelvedgeError {
  readonly refusals: readonly OrganisationRefusal[];
  /** They were not asked: the gateway peer does not know of them yet. */
  readonly isUndiscovered: boolean;

  /** @param refusals one at least */
  constructor(refusals: readonly OrganisationRefusal[], options: { readonly cause?: unknown; readonly isUndiscovered?: boolean } = {}) {
    const [first] = refusals;
    const isPassing = refusals.every(({ refusal: { code } }) => STALE.has(code) || isKeyChange(code));
    const agreed = isPassing ? (refusals.find(({ refusal }) => isKeyChange(refusal.code)) ?? first) : refusals.every(({ refusal }) => refusal.code === first?.refusal.code) ? first : undefined;
    const list = refusals.map(({ mspId, refusal }) => `${mspId}: ${refusal.code}: ${refusal.message}`).join('; ');
    const mspIds = [...new Set(refusals.map(({ mspId }) => mspId))].join(', ');
    super(agreed?.refusal.code ?? 'ENDORSEMENT_FAILED', agreed?.refusal.message ?? list, { role: 'endorser', details: { mspId: mspIds }, cause: options.cause });
    this.refusals = refusals;
    this.isUndiscovered = options.isUndiscovered ?? false;
  }
}
