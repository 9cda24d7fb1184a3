import { canonicalJson, type JsonValue } from './json.js';

const MAX_SHOWN = 200;
const BAD_REQUEST = 400;

/**
 * A query that Fabric or CouchDB would refuse. The message is the text that Fabric's peer gives the chaincode. It quotes
 * the query, so it may hold plaintext: it is for the chaincode alone, never for a log.
 */
export class RichQueryError extends Error {
  override readonly name = 'RichQueryError';

  /** @param reason CouchDB's name of the error, such as `bad_arg`; empty when Fabric itself refuses */
  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

/** An answer of CouchDB with status 400, in the words in which Fabric passes it on (statecouchdb: handleRequest). */
export function couchError(reason: string, text: string): RichQueryError {
  return new RichQueryError(reason, `error handling CouchDB request. Error:${reason},  Status Code:${String(BAD_REQUEST)},  Reason:${text}`);
}

/** The value as an error text shows it, cut short. */
export function shown(value: JsonValue): string {
  const text = canonicalJson(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

export const badArgument = (operator: string, argument: JsonValue): RichQueryError => couchError('bad_arg', `Bad argument for operator ${operator}: ${shown(argument)}`);
