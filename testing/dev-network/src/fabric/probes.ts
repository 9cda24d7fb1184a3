import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SelvedgeError } from '@selvedge/errors';

const POLL_MS = 25;
const CALL_TIMEOUT_MS = 2_000;

/** Whether a peer's or orderer's operations endpoint says that it is healthy. */
export async function isHealthy(operationsAddress: string): Promise<boolean> {
  try {
    const answer = await fetch(`http://${operationsAddress}/healthz`, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

/** Whether somebody listens at host:port. */
export function acceptsConnections(address: string): Promise<boolean> {
  const colon = address.lastIndexOf(':');
  return new Promise((resolve) => {
    const socket = connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)), timeout: CALL_TIMEOUT_MS });
    const answer = (isOpen: boolean) => () => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', answer(true));
    socket.once('error', answer(false));
    socket.once('timeout', answer(false));
  });
}

/** Whether the orderer's metrics say that it leads the channel. @param metrics Prometheus text */
export function isLeaderIn(metrics: string, channel: string): boolean {
  return metrics.split('\n').some((line) => line.startsWith('consensus_etcdraft_is_leader{') && line.includes(`channel="${channel}"`) && line.endsWith(' 1'));
}

/** Whether the orderer at this operations endpoint leads the channel. */
export async function isLeader(operationsAddress: string, channel: string): Promise<boolean> {
  try {
    const answer = await fetch(`http://${operationsAddress}/metrics`, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
    return isLeaderIn(await answer.text(), channel);
  } catch {
    return false;
  }
}

/** Asks until the answer is yes. Throws TIMEOUT with what was waited for. */
export async function until(what: string, timeoutMs: number, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new SelvedgeError('TIMEOUT', `${what}: not within ${String(timeoutMs)} ms`, { role: 'cli' });
    await sleep(POLL_MS);
  }
}
