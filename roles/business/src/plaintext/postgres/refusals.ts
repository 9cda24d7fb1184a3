import pg from 'pg';
import { SelvedgeError } from '@selvedge/errors';

/** SQLSTATE classes and states (PostgreSQL, appendix A) that pass: connection, resources, locks, shutdown, a standby, system. */
const PASSING = /^(08|40|53|55P03|57|58|25006)/;
/** Those whose message speaks of users, databases, rights and files, never of values. */
const WITHOUT_VALUES = /^(08|25006|28|3D|3F|42501|53|55|57|58)/;

/**
 * What a failing call is to the caller: PLAINTEXT_STORE_UNAVAILABLE when the same may succeed later,
 * PLAINTEXT_STORE_REFUSED otherwise. PostgreSQL's own message goes along only where it cannot hold a value, and its error
 * never as the cause.
 */
export function databaseRefusal(error: unknown): SelvedgeError {
  if (error instanceof SelvedgeError) return error;
  if (!(error instanceof pg.DatabaseError)) return connectionRefusal(error);
  const state = error.code ?? 'XX000';
  const text = WITHOUT_VALUES.test(state) ? `${error.message} (SQLSTATE ${state})` : `SQLSTATE ${state}`;
  return new SelvedgeError(PASSING.test(state) ? 'PLAINTEXT_STORE_UNAVAILABLE' : 'PLAINTEXT_STORE_REFUSED', `the database of plaintext datasets: ${text}`);
}

/** Whether a session may go on after this error: the server answered, and is not about to leave. */
export function isSessionAlive(error: unknown): boolean {
  if (error instanceof SelvedgeError) return true;
  return error instanceof pg.DatabaseError && error.severity !== 'FATAL' && error.severity !== 'PANIC' && !/^(08|57P)/.test(error.code ?? '');
}

/** Of the client and the network; they know no values. */
function connectionRefusal(error: unknown): SelvedgeError {
  const { message, code } = error as { readonly message?: string; readonly code?: string };
  const text = message === undefined || message === '' ? (code ?? 'no connection') : message;
  // The client library's words for a password that is missing or a server that does not know it.
  const isRefused = text.startsWith('SASL:');
  return new SelvedgeError(isRefused ? 'PLAINTEXT_STORE_REFUSED' : 'PLAINTEXT_STORE_UNAVAILABLE', `the database of plaintext datasets: ${text}`);
}
