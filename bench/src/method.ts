import { LOADED_FLAGS } from './node-flags.js';
import type { BenchOptions } from './options.js';
import { RAMP_MS } from './plan.js';

const COMMON = `Every role is a process of its own on this machine, TEEs are simulated, connections are mutual TLS on loopback. An update reads a
private JSON value, checks, adds and writes it back; a query reads one. Closed loop: the next call starts when one ends. Open loop: calls are
due at 80 % of the rate that the closed loop reached, and latency counts from the moment at which a call was due. Uniform keys: each as often
as the next, and calls in flight never meet; hot: all calls on one key. Refused calls do not count towards a rate.
"batched": the same calls through a gateway that sends what is called within a few milliseconds together.
CPU: /proc/PID/stat over the measured windows, all threads, divided by the calls that succeeded in them.
Node collects garbage on no threads of its own (--single-threaded-gc), in chaincode of either side too; Selvedge's services have ${LOADED_FLAGS.join(' ')}.
Crypto floor: the unavoidable cryptographic operations of one request of a client whose HPKE context is known, timed in this process,
before and after the load: the mean of the two, each a median of five slices.`;

const EMBEDDED = `Embedded ledger: an update is endorsed by two of three endorser organisations and acknowledged when its owner has it on disk. There is no
plain baseline here, so ratios to one are absent: they need --ledger fabric.`;

const FABRIC = (keepers: BenchOptions['keepers']): string => `Fabric: one raft orderer and six peers, BatchTimeout 200 ms. "plain" is the same chaincode package, TypeScript on Fabric's own shim, as a service on
two business organisations' peers; both endorse, the collection is theirs. "public" is the same over world state. Their client signs
with node:crypto like Selvedge's. "selvedge" keeps the values of one organisation, endorsed by two of three endorser organisations,
which ${keepers === 'none' ? 'keep nothing: there is one copy, and two of a plain value' : 'keep ciphertext too: there are four copies, and two of a plain value'}. All acknowledge after commit. Plain queries are evaluated on one peer.`;

const OVERLOAD = `
Overload: several gateways of usual limits in one process carry the calls in turn. Their capacity is what a closed loop reaches over them; then calls are due at half of it, at
four times it, and at half again, whatever the answers do, and latency counts from the moment at which a call was due. Nothing is retried but what the client library
retries by itself. Memory is RssAnon, so without the stores that a process has mapped, and queues are what /metrics tells, once a second.`;

/** How the figures of a run came about. */
export function describeMethod({ ledger, keepers, seconds, runs, batch, batchDelayMs, experiments }: Pick<BenchOptions, 'ledger' | 'keepers' | 'seconds' | 'runs' | 'batch' | 'batchDelayMs' | 'experiments'>): string {
  const slices = `The sides of a comparison take turns, slice by slice (A B A B …): ${String(runs)} slices of ${(seconds / runs).toFixed(2)} s each, after ${String(RAMP_MS)} ms of ramp
that do not count, when a warm-up has made a side no faster; both are longer on a side whose calls are slow, so that a slice has four times and a ramp twice as long as a slow call of it takes. Rates and latencies are medians over slices; a ratio is the median over pairs of neighbouring slices.
Batches hold at most ${String(batch)} requests, wherever their size is not varied, and the first waits ${String(batchDelayMs)} ms for others.`;
  const sized = experiments.includes('batch') ? '\nWhere batch sizes are compared, twice as many calls as fill a batch are in flight, and no fewer than elsewhere.' : '';
  const keys = experiments.includes('keys') ? '\nWhere numbers of keys are compared, the fewest lie in a network of their own beside the other; values have 100 bytes.' : '';
  const overload = experiments.includes('overload') ? OVERLOAD : '';
  return `${COMMON}\n${slices}${sized}${keys}${overload}\n${ledger === 'fabric' ? FABRIC(keepers) : EMBEDDED}`;
}
