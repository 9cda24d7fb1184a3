import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SelvedgeError } from '@selvedge/errors';
import type { Reporter } from './deploy-report.js';

const POLL_MS = 250;
const CONNECT_TIMEOUT_MS = 2_000;
/** Processes that are being started take a moment: before that, nobody has to be told. */
const TELL_AFTER_MS = 1_500;

/**
 * Waits until processes listen, and says what to do when they do not. Throws NOT_READY naming those that do not in time.
 */
export async function untilListening(services: readonly { readonly name: string; readonly address: string }[], options: { readonly reporter: Pick<Reporter, 'progress'>; readonly waitMs: number }): Promise<void> {
  const started = performance.now();
  let isTold = false;
  for (;;) {
    const silent = await silentOf(services);
    if (silent.length === 0) return;
    const waitedMs = performance.now() - started;
    const text = `${silent.map(({ name, address }) => `${name} (${address})`).join(', ')} ${silent.length === 1 ? 'does' : 'do'} not listen`;
    if (waitedMs > options.waitMs) throw new SelvedgeError('NOT_READY', `${text}: run "selvedge fabric start" in this folder, in another terminal or as a service, then this command again`, { role: 'cli' });
    if (!isTold && waitedMs > TELL_AFTER_MS) {
      options.reporter.progress(`${text}; waiting: run "selvedge fabric start" in another terminal, if it does not run yet`);
      isTold = true;
    }
    await sleep(POLL_MS);
  }
}

async function silentOf<T extends { readonly address: string }>(services: readonly T[]): Promise<T[]> {
  const listening = await Promise.all(services.map(({ address }) => acceptsConnections(address)));
  return services.filter((_service, i) => listening[i] !== true);
}

/** Whether somebody listens at host:port. */
export function acceptsConnections(address: string): Promise<boolean> {
  const colon = address.lastIndexOf(':');
  return new Promise((resolve) => {
    const socket = connect({ host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)), timeout: CONNECT_TIMEOUT_MS });
    const answer = (isOpen: boolean) => () => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', answer(true));
    socket.once('error', answer(false));
    socket.once('timeout', answer(false));
  });
}
