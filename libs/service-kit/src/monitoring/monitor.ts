import { createMetrics, type Metrics } from './metrics.js';
import type { MonitoredRole } from './catalogue.js';
import { createReadiness, type Readiness } from './readiness.js';

/** What a service tells its operator by; served only where its configuration says where. */
export interface Monitor {
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  /** For the gRPC server: counts and times its calls. */
  readonly onCall: (call: { readonly service: string; readonly method: string; readonly isStream: boolean }) => (code: string) => void;
}

/** @param version of the software */
export function createMonitor(role: MonitoredRole, version = VERSION): Monitor {
  const metrics = createMetrics(role);
  const startedAt = Date.now() / 1_000 - process.uptime();
  metrics.read('selvedge_build_info', () => [{ labels: { version }, value: 1 }]);
  metrics.read('selvedge_start_time_seconds', () => [{ labels: {}, value: startedAt }]);
  metrics.read('selvedge_resident_memory_bytes', () => [{ labels: {}, value: process.memoryUsage.rss() }]);
  metrics.read('selvedge_cpu_seconds_total', () => {
    const { user, system } = process.cpuUsage();
    return [{ labels: {}, value: (user + system) / 1e6 }];
  });
  return { metrics, readiness: createReadiness(metrics), onCall: observeCalls(metrics) };
}

/** The one version of all packages of this repository. */
const VERSION = '0.1.0';

function observeCalls(metrics: Metrics): Monitor['onCall'] {
  return ({ service, method, isStream }) => {
    const labels = { service, method };
    const startedAt = performance.now();
    metrics.add('selvedge_rpc_in_flight', labels, 1);
    return (code) => {
      metrics.add('selvedge_rpc_in_flight', labels, -1);
      metrics.count('selvedge_rpc_calls_total', { ...labels, code });
      if (!isStream) metrics.observe('selvedge_rpc_call_seconds', labels, (performance.now() - startedAt) / 1_000);
    };
  };
}
