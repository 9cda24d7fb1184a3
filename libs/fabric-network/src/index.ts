export * from './lifecycle/index.js';
export { parseChannelConfig, type ChannelConfig, type ChannelOrganisation } from './discovery/channel-config.js';
export { queryChannelPeers, type ChannelPeer, type DiscoveryTarget } from './discovery/channel-peers.js';
export * from './gateway/index.js';
