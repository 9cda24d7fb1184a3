import { CODES, isRefusalCode, withRole, type RoleName } from '@selvedge/errors';
import type { RefusalView } from '../api.js';

/** A thrown value as people are shown it: what is no refusal is INTERNAL, without its text. @param role who refused where the error names nobody */
export function refusalView(error: unknown, role: RoleName = 'client'): RefusalView {
  const refusal = withRole(error, role);
  return { code: refusal.code, role: refusal.role ?? role, message: refusal.message, action: refusal.action };
}

/** What to do about a code that a node counted; empty for what is none. */
export function actionOf(code: string): string {
  return isRefusalCode(code) ? CODES[code].action : '';
}
