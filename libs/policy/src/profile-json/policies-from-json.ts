import { create } from '@bufbuild/protobuf';
import { AppraisalPolicySchema, KeyAccessNamespaceSchema, type NetworkProfile } from '@selvedge/protocol';
import { checkAppraisalPolicies } from '../appraisal-policy/check.js';
import { readAppraisalPolicy } from '../appraisal-policy/from-json.js';
import { orderAppraisalPolicies } from '../appraisal-policy/order.js';
import { checkKeyAccessNamespaces } from '../key-access/check.js';
import { readKeyAccessNamespace } from '../key-access/from-json.js';
import { orderKeyAccessNamespaces } from '../key-access/order.js';
import { profileInvalid } from '../profile-invalid.js';
import { JsonField } from './fields.js';

/** The parts of a profile that people write as files of their own. */
export type ProfilePolicies = Pick<NetworkProfile, 'appraisalPolicies' | 'keyAccess'>;

/**
 * Appraisal policies and key access rules from their readable form, { appraisalPolicies: [...], keyAccess: [...] }, as a file
 * beside a profile has them; in a profile's order. Throws PROFILE_INVALID naming the field.
 */
export function policiesFromJson(json: unknown): ProfilePolicies {
  const fields = new JsonField(json, '').object(['appraisalPolicies', 'keyAccess']);
  const appraisalPolicies = orderAppraisalPolicies(fields.appraisalPolicies.list(readAppraisalPolicy).map((init) => create(AppraisalPolicySchema, init)));
  const keyAccess = orderKeyAccessNamespaces(fields.keyAccess.list(readKeyAccessNamespace).map((init) => create(KeyAccessNamespaceSchema, init)));
  checkAppraisalPolicies(appraisalPolicies);
  checkKeyAccessNamespaces(keyAccess, profileInvalid);
  return { appraisalPolicies, keyAccess };
}
