import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { facts } from '@selvedge/policy';
import { computeTxId, encodeMessage, LIMITS, parseCore, parseMessage, ReleasedResultSchema, requireLength, ResultAskedSchema, targetDigest, type Core } from '@selvedge/protocol';
import { resultKey } from '@selvedge/sealed-objects';
import type { LedgerView } from '@selvedge/ledger-view';
import type { ClaimedCommit, Gate } from '@selvedge/tee-node';
import type { AuthorisedRequest } from './authorise.js';
import { onlyArgument } from './only-argument.js';

const NONCE_BYTES = 24;
const NO_MASK = new Uint8Array(0);

/** A result that may be released once its core is confirmed to be committed. */
export interface AskedResult extends ClaimedCommit {
  readonly gate: Gate;
  /** ReleasedResult bytes. Secret until then. */
  release(): Uint8Array;
}

/**
 * Checks everything about a question for a gated result but the commit itself. Throws RESULT_NOT_THE_CREATORS, WRONG_NETWORK, WRONG_CHANNEL,
 * TARGET_DATA_INCONSISTENT for a core that is not gated or of another contract, RESULT_KEY_REVOKED, RESULT_GATE_UNSET, NOT_READY, and as parseCore.
 */
export function readAskedResult({ body, policy, keys }: AuthorisedRequest, view: LedgerView): AskedResult {
  const asked = parseMessage(ResultAskedSchema, onlyArgument(body), LIMITS.maxRequestBytes);
  requireLength('nonce of the request', asked.nonce, NONCE_BYTES);
  const core = parseCore(asked.core);
  if (!equalBytes(computeTxId(asked.nonce, body.creator), core.txId)) throw new SelvedgeError('RESULT_NOT_THE_CREATORS', 'who asks did not make the request, or gives another nonce than its own');
  if (core.network !== body.network) throw new SelvedgeError('WRONG_NETWORK', 'the core is of another network');
  if (core.channel !== body.channel) throw new SelvedgeError('WRONG_CHANNEL', 'the core is of another channel');
  const keyEpoch = epochOf(core, body.contract);
  if (view.fact(facts.revokedEpoch(body.contract, keyEpoch)) !== undefined) throw new SelvedgeError('RESULT_KEY_REVOKED', `key epoch ${String(keyEpoch)} of the result is revoked`);
  if (policy.gateQuorum < 1) throw new SelvedgeError('RESULT_GATE_UNSET', `the policy of contract ${policy.name} names nobody whose word releases results`);
  const gateKey = keys.epoch(keyEpoch)?.gateKey;
  if (gateKey === undefined) throw new SelvedgeError('NOT_READY', `this node has not received the keys of contract ${body.contract}, epoch ${String(keyEpoch)}, yet`);
  const coreDigest = targetDigest([asked.core], NO_MASK);
  return {
    txId: core.txId,
    coreDigest,
    gate: { organisations: policy.gateOrganisations, quorum: policy.gateQuorum },
    release: () => encodeMessage(ReleasedResultSchema, { resultKey: resultKey(core.suite, gateKey, coreDigest) }),
  };
}

/** The gate key is the invoked contract's. */
function epochOf({ gated, sections: [invoked] }: Core, contract: string): bigint {
  if (!gated) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', 'the core is not gated: its result came with it');
  if (invoked?.contract !== contract) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', `the core is not of contract ${contract}`);
  return invoked.keyEpoch;
}
