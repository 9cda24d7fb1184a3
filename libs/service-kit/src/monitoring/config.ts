import { isIP } from 'node:net';
import { z } from 'zod';

const LISTEN = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$/;

/** host and port of `address:port`, with a literal IP address; undefined for anything else. */
export function parseListen(listen: string): { readonly host: string; readonly port: number } | undefined {
  const [, six, four, portText] = LISTEN.exec(listen) ?? [];
  const host = six ?? four ?? '';
  const port = Number(portText);
  return isIP(host) === 0 || port > 65_535 ? undefined : { host, port };
}

const isLoopback = (host: string): boolean => host === '::1' || host.startsWith('127.');

/**
 * The `monitoring` section of a service's configuration: where /metrics, /healthz and /readyz are served, over plain HTTP.
 * Without it they are not. An address that other machines reach must be asked for by `exposed`.
 */
export const monitoringConfig = z
  .strictObject({
    /** Literal IP address and port; port 0 lets the system choose. */
    listen: z.string().max(64).refine((listen) => parseListen(listen) !== undefined, { error: 'expected a literal IP address and a port, such as 127.0.0.1:9464 or [::1]:9464' }),
    exposed: z.boolean().default(false),
  })
  .refine(({ listen, exposed }) => exposed || isLoopback(parseListen(listen)?.host ?? '127.0.0.1'), {
    error: 'other machines reach this address, and it is served without TLS: set exposed where that is meant',
  })
  .optional();

export type MonitoringConfig = z.infer<typeof monitoringConfig>;
