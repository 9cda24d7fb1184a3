import { SelvedgeError } from '@selvedge/errors';
import { NODE_ROLES, type NodeRole } from './identity.js';

/**
 * The one role that a certificate's organisational units grant, as Fabric's NodeOUs.
 * Throws IDENTITY_WRONG_ROLE for none (Fabric: "identity does not have an OU") and for several.
 */
export function roleOf(organisationalUnits: readonly string[]): NodeRole {
  const roles = NODE_ROLES.filter((role) => organisationalUnits.includes(role));
  const [role] = roles;
  if (role === undefined) throw new SelvedgeError('IDENTITY_WRONG_ROLE', `no organisational unit out of ${NODE_ROLES.join(', ')}`);
  if (roles.length > 1) throw new SelvedgeError('IDENTITY_WRONG_ROLE', `more than one role: ${roles.join(', ')}`);
  return role;
}
