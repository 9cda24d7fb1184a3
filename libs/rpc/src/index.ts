export { implement, startRpcServer, type CallContext, type Handlers, type RpcServer, type RpcServerOptions } from './server.js';
export { connectRpc, type CallOptions, type RpcClient, type RpcConnection } from './client.js';
