import { create } from '@bufbuild/protobuf';
import { AppraisalPolicySchema, type AppraisalPolicy } from '@selvedge/protocol';
import { JsonField } from '../profile-json/fields.js';
import { checkAppraisalPolicies } from './check.js';
import { readAppraisalPolicy } from './from-json.js';
import { orderAppraisalPolicies } from './order.js';

/**
 * Appraisal policies from their readable form, { appraisalPolicies: [...] }, as a file beside a profile has them; in a profile's
 * order. Throws PROFILE_INVALID naming the field.
 */
export function appraisalPoliciesFromJson(json: unknown): readonly AppraisalPolicy[] {
  const { appraisalPolicies } = new JsonField(json, '').object(['appraisalPolicies']);
  const policies = orderAppraisalPolicies(appraisalPolicies.list(readAppraisalPolicy).map((init) => create(AppraisalPolicySchema, init)));
  checkAppraisalPolicies(policies);
  return policies;
}
