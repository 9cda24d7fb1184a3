// fabric-shim brings a copy of fabric-protos of its own, and each copy puts its messages into one global namespace: in a process
// that loads both, the index of the later one hands out messages that its own services refuse. A kept process (kept-pool.mjs) runs
// files that load either, in any order, so that this project's copy comes first in each.
import '@hyperledger/fabric-protos';
