import { isSelvedgeError, SelvedgeError, type RefusalCode } from '@selvedge/errors';
import type { Identity, MspRegistry, SignedBy } from '@selvedge/identity';
import { LIMITS } from '@selvedge/protocol';

/** What administrators must have signed. */
export interface AdminQuorum {
  readonly msps: MspRegistry;
  readonly signatures: readonly SignedBy[];
  readonly message: Uint8Array;
  /** How many distinct organisations. */
  readonly quorum: number;
  /** Also checks validity periods; left out in verdicts, which know no clock. */
  readonly at?: Date | undefined;
  /** Refusal when too few signed. */
  readonly code: RefusalCode;
}

/** Organisations whose administrators signed; signatures that do not verify here count nothing. Throws the given code when there are too many. */
export function signedOrganisations(input: Omit<AdminQuorum, 'quorum'>): ReadonlySet<string> {
  return countSignatures(input).organisations;
}

/**
 * Checks that administrators of enough distinct organisations signed. Signatures that do not verify here count nothing:
 * when a profile changes, some are by organisations that only one of the two profiles lists.
 * Throws the given code, with the first refused signature as cause.
 */
export function verifyAdminQuorum({ quorum, ...input }: AdminQuorum): void {
  const { organisations, refusals } = countSignatures(input);
  if (organisations.size >= quorum) return;
  const [cause] = refusals;
  const refused = cause === undefined ? '' : `; refused: ${refusals.map((refusal) => refusal.code).join(', ')}`;
  throw new SelvedgeError(input.code, `administrators of ${String(organisations.size)} organisations signed, ${String(quorum)} needed${refused}`, { cause });
}

function countSignatures({ msps, signatures, message, at, code }: Omit<AdminQuorum, 'quorum'>): { readonly organisations: ReadonlySet<string>; readonly refusals: readonly SelvedgeError[] } {
  if (signatures.length > LIMITS.maxIdentities) throw new SelvedgeError(code, `more than ${String(LIMITS.maxIdentities)} signatures`);
  const refusals: SelvedgeError[] = [];
  const organisations = new Set<string>();
  for (const signed of signatures) {
    const result = verifyAdmin(msps, signed, message, at);
    if (isSelvedgeError(result)) refusals.push(result);
    else organisations.add(result.mspId);
  }
  return { organisations, refusals };
}

function verifyAdmin(msps: MspRegistry, signed: SignedBy, message: Uint8Array, at: Date | undefined): Identity | SelvedgeError {
  try {
    return msps.verifySignature(signed, message, { role: 'admin', ...(at === undefined ? {} : { at }) });
  } catch (error) {
    if (isSelvedgeError(error)) return error;
    throw error;
  }
}
