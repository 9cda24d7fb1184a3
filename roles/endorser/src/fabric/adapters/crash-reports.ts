import type { ChaincodeLog } from '../ports.js';

/**
 * Takes over from fabric-shim's process-wide handlers, which keep a process alive after an error that nobody caught and
 * say so in a log that is silenced. So does this, in ours: a chaincode process holds nothing that could be damaged.
 */
export function reportCrashes(log: ChaincodeLog): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.removeAllListeners(event);
    process.on(event, (reason: unknown) => {
      log.error({ stack: reason instanceof Error ? reason.stack : undefined }, `${event}: an error that nothing caught`);
    });
  }
}
