/**
 * Refusals: every error that a role gives is a {@link SelvedgeError} with a stable code, the role that refused, and what to do.
 *
 * @module @selvedge/errors
 */

export { CODES, isRefusalCode, type RefusalCode, type RoleName, type WireStatus } from './codes.js';
export { SelvedgeError, isSelvedgeError, refusalFromWire, withRole, type RefusalDetails } from './selvedge-error.js';
