import type { BenchOptions } from './options.js';

const COMMON = `Method: every role its own process on this machine, simulated TEEs, mutual TLS on loopback. An update reads a private 1 KiB JSON
value, checks, adds and writes it back; a query reads one. Closed loop: the next call starts when one ends. Open loop: calls are
due at 80 % of the rate that the closed loop reached, and latency counts from the moment at which a call was due. CPU by
/proc/PID/stat over the measured interval. Crypto floor: the unavoidable cryptographic operations of one request of a client whose
HPKE context is known, timed in this process in this run.`;

const EMBEDDED = `Embedded ledger: an update is endorsed by two of three endorser organisations and acknowledged when its owner has it on disk.
"batched" is the same workload and the same calls through a gateway that sends what is called within a few milliseconds together (--batch, --batch-delay);
its ratios are batched / one by one at the same number in flight.`;

const FABRIC = `Fabric: one raft orderer and six peers, BatchTimeout 200 ms. "plain" is the same chaincode package as a service on two business
organisations' peers, both endorse, the collection is theirs; its client signs with node:crypto like Selvedge's. "selvedge" keeps
the values of one organisation, endorsed by two of three endorser organisations that keep ciphertext. Both acknowledge after commit.
Ratios are selvedge / plain at the same number in flight, closed loop.`;

/** How the figures of a run came about. */
export function describeMethod({ ledger }: Pick<BenchOptions, 'ledger'>): string {
  return `${COMMON}\n${ledger === 'fabric' ? FABRIC : EMBEDDED}`;
}
