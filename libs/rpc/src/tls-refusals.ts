import type { Server } from '@grpc/grpc-js';
import type { Server as TlsServer, TLSSocket } from 'node:tls';
import { SelvedgeError } from '@selvedge/errors';
import { describeTrust, type TlsMaterial, type TlsSetting } from './tls.js';

/** Where a server tells of peers that it refused. */
export interface RpcLog {
  warn(fields: Readonly<Record<string, unknown>>, text: string): void;
}

/** Verification results and alerts of TLS, as grpc-js repeats them in its texts. */
const TLS_FAILURE = /certificate|ALTNAME|altnames|SSL routines|SSL alert|certificate names no host/i;
/** The connection was there and went away before HTTP/2 spoke: what Node's servers do to a certificate that they refuse. */
const CLOSED_EARLY = /Failed to connect|disconnected before secure TLS|socket hang up|ECONNRESET|EPIPE/;
const LAST_ERROR = /No connection established\. Last error: ([^]*?)(?: \(\d{4}-[^)]*\))?\.? ?(?:Resolution note:|$)/;

/**
 * The refusal behind a connection that was never established, or undefined when TLS is not to blame.
 * @param details grpc-js's text
 */
export function tlsRefusal(details: string | undefined, peer: string, tls: TlsSetting): SelvedgeError | undefined {
  // A stream that was torn down locally throws an error without details.
  const reason = LAST_ERROR.exec(details ?? '')?.[1];
  if (reason === undefined) return undefined;
  if (tls === 'off') {
    if (!CLOSED_EARLY.test(reason)) return undefined;
    return new SelvedgeError('UNAVAILABLE', `${peer} closed the connection before HTTP/2 began; it may want TLS, which is off here`, { details: { peer } });
  }
  const { issuer, trusted } = describeTrust(tls);
  if (/wrong version number/i.test(reason)) return new SelvedgeError('TLS_REFUSED', `${peer} does not speak TLS`, { details: { peer } });
  if (/alert/i.test(reason)) {
    return new SelvedgeError('TLS_REFUSED', `${peer} refused this side’s TLS certificate, issued by ${issuer}: ${alertOf(reason)}`, { details: { peer, issuer } });
  }
  if (TLS_FAILURE.test(reason) && !CLOSED_EARLY.test(reason)) {
    return new SelvedgeError('TLS_REFUSED', `the TLS certificate of ${peer} is refused: ${verdictOf(reason)}; trusted here: ${trusted}`, { details: { peer } });
  }
  if (CLOSED_EARLY.test(reason)) {
    // A process that ends looks the same, so this stays the code that is tried again.
    return new SelvedgeError('UNAVAILABLE', `${peer} closed the connection during the TLS handshake; if it runs, it may not trust the issuer of this side’s certificate, ${issuer}`, { details: { peer, issuer } });
  }
  return undefined;
}

function verdictOf(reason: string): string {
  return reason.replace(/^(Error( \[\w+\])?: )+/, '').replaceAll(/\s+/g, ' ').trim();
}

/** "tlsv13 alert certificate required" of OpenSSL's long line. */
function alertOf(reason: string): string {
  return /:([a-z0-9 ]*alert[a-z0-9 ]*):/i.exec(reason)?.[1] ?? 'TLS alert';
}

/** A stranger must not fill the log: one line a second, with the number of those left out. */
const LOG_INTERVAL_MS = 1_000;

/** Logs peers that a server's TLS turns away, or that leave during the handshake. The log gets names of errors, never content. */
export function logTlsRefusals(server: Server, log: RpcLog, tls: TlsMaterial): void {
  const { issuer, trusted } = describeTrust(tls);
  let quietUntil = 0;
  let leftOut = 0;
  // grpc-js keeps its HTTP/2 servers to itself and tells nobody of handshakes that failed.
  const listening = (server as unknown as { readonly http2Servers: ReadonlyMap<TlsServer, unknown> }).http2Servers;
  for (const http2Server of listening.keys()) {
    http2Server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      if (performance.now() < quietUntil) {
        leftOut += 1;
        return;
      }
      quietUntil = performance.now() + LOG_INTERVAL_MS;
      const verdict = socket.authorizationError as unknown as string | null | undefined;
      const common = { reason: verdict ?? error.code ?? 'unknown', leftOut };
      leftOut = 0;
      if (verdict === null && error.code === 'ECONNRESET') log.warn({ code: 'UNAVAILABLE', ...common, issuer }, 'a caller left during the TLS handshake; it may not trust the issuer of this side’s certificate');
      else log.warn({ code: 'TLS_REFUSED', ...common, trusted }, 'refused a caller’s TLS handshake');
    });
  }
}
