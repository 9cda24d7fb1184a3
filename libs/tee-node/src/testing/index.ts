/** For tests of nodes in TEEs: fakes that really sign and really serve. */
export { createFakeBusinessNode, type FakeBusinessNode } from './fake-business-node.js';
export { createFakeSetFollower, truthOf, type FakeSetFollower, type SetTruth } from './fake-set-follower.js';
export { placeOf, sealTestPacket } from './test-packets.js';
export { heldKeysOf, viewOf, type CertifiedNode, type NetworkParts, type OtherContract } from './test-network.js';
export { createFakeKeeper, type FakeKeeper } from './fake-keeper.js';
