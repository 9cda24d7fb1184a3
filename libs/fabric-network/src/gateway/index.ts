export { applyPolicyTransaction } from './apply-policy.js';
export { readPolicyFacts, type PolicyFacts } from './read-policy-facts.js';
export { connectFabricGateway, type FabricGatewayOptions } from './fabric-gateway.js';
export type { ClientTls } from './grpc-peer.js';
export type { EndorsedFabricTransaction, FabricBounds, FabricCall, FabricEvent, FabricGateway, FabricInvocation, FabricPeer, FabricStatus } from './ports.js';
export { untilPassed } from './repeat.js';
