export { startConsole, type RunningConsole } from './server/start-console.js';
export { startSpanReceiver, type SpanReceiver } from './tracing/span-receiver.js';
export { createSpanStore, type SpanStore } from './tracing/span-store.js';
export { requestSignInLink } from './sign-in/request-link.js';
export type { ConsoleNetwork, MonitoredNode } from './ports.js';
export type { NetworkView, NodeView, PolicyView } from './api.js';
export { parseListenAddress, type ListenSetting } from './server/listen-address.js';
