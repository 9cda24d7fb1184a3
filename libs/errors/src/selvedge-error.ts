import { CODES, isRefusalCode, type RefusalCode, type RoleName, type WireStatus } from './codes.js';

/** What is known of a refusal beside its code. */
export interface RefusalDetails {
  /** Which part refused. */
  readonly role?: RoleName | undefined;
  /** Stable, non-secret facts, such as a limit, a node id or a policy fact's key. */
  readonly details?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly cause?: unknown;
}

/** The one error class: a stable code, the role that refused, and what to do next. */
export class SelvedgeError extends Error {
  override readonly name = 'SelvedgeError';
  readonly code: RefusalCode;
  readonly role: RoleName | undefined;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  /** @param message names what was seen and expected; never a secret, plaintext or key name */
  constructor(code: RefusalCode, message: string, options: RefusalDetails = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.role = options.role;
    this.details = options.details ?? {};
  }

  /** What the caller should do, in the imperative. */
  get action(): string {
    return CODES[this.code].action;
  }

  /** May the same call succeed later or elsewhere, unchanged? */
  get retryable(): boolean {
    return CODES[this.code].retryable;
  }

  get wireStatus(): WireStatus {
    return CODES[this.code].status;
  }

  toJSON(): Record<string, unknown> {
    return { code: this.code, role: this.role, message: this.message, action: this.action, details: this.details };
  }
}

/** Whether an unknown thrown value is a refusal, optionally with the given code. */
export function isSelvedgeError(error: unknown, code?: RefusalCode): error is SelvedgeError {
  return error instanceof SelvedgeError && (code === undefined || error.code === code);
}

/** Gives an error a role when it has none; wraps foreign errors as INTERNAL without repeating their text, which may hold secrets. */
export function withRole(error: unknown, role: RoleName): SelvedgeError {
  if (!(error instanceof SelvedgeError)) {
    return new SelvedgeError('INTERNAL', 'unexpected failure', { role, cause: error });
  }
  if (error.role !== undefined) return error;
  return new SelvedgeError(error.code, error.message, { role, details: error.details, cause: error.cause });
}

/** Rebuilds a refusal from wire fields; an unknown code becomes INTERNAL and keeps its text. */
export function refusalFromWire(wire: { code: string; role: string; message: string }): SelvedgeError {
  const role = wire.role === '' ? undefined : (wire.role as RoleName);
  if (!isRefusalCode(wire.code)) return new SelvedgeError('INTERNAL', `${wire.code}: ${wire.message}`, { role });
  return new SelvedgeError(wire.code, wire.message, { role });
}
