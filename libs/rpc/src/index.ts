export { implement, startRpcServer, type CallContext, type Handlers, type RpcObserver, type RpcServer, type RpcServerOptions } from './server.js';
export type { RpcLog } from './tls-refusals.js';
export { serverCredentials } from './credentials.js';
export { verifyTlsSetting, type TlsMaterial, type TlsSetting } from './tls.js';
export { connectRpc, type CallOptions, type ConnectRpcOptions, type RpcClient, type RpcConnection } from './client.js';
export { formatTraceparent, parseTraceparent, TRACEPARENT } from './trace-context.js';
export { createFailover, type Failover, type FailoverOptions } from './failover.js';
