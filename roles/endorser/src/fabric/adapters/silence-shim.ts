import { Shim } from 'fabric-shim';

/** Where fabric-shim logs in each call. */
const LOGGERS = ['lib/handler.js', 'lib/stub.js', 'lib/server.js', 'lib/chaincode.js', 'lib/iterators.js'];

/**
 * Stops fabric-shim's own log, process-wide. It formats each of its lines, dozens in a call, before it looks at the
 * level, and at its debug level the lines repeat what peers send, transient data included.
 */
export function silenceShim(): void {
  for (const name of LOGGERS) Shim.newLogger(name).silent = true;
}
