export { CODES, isRefusalCode, type RefusalCode, type RoleName, type WireStatus } from './codes.js';
export { SelvedgeError, isSelvedgeError, refusalFromWire, withRole, type RefusalDetails } from './selvedge-error.js';
