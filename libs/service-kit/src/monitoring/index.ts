/**
 * A registry of metrics in Prometheus' format, for processes of your own that have a gateway.
 *
 * @module @selvedge/service-kit/monitoring
 */

export { LABELS, METRICS, metricsOf, type LabelName, type MetricDefinition, type MetricKind, type MetricName, type MonitoredRole } from './catalogue.js';
export { monitoringConfig, type MonitoringConfig } from './config.js';
export { monitorFollower, type FollowedHeight } from './follower.js';
export { monitorLedgerView, type SeenView } from './ledger-view.js';
export { createMetrics, type LabelsOf, type Metrics, type Sample } from './metrics.js';
export { createMonitor, type Monitor } from './monitor.js';
export { readPageText, type MonitoringPageText } from './read-page.js';
export { createReadiness, type FailedCheck, type Readiness, type ReadinessCheck } from './readiness.js';
export { startMonitoringServer, type MonitoringServer } from './server.js';
