import { costOf, type Costs, type Travel } from './costs.js';
import type { Simulation, Stage, Station } from './simulate.js';

/** Processes by part, such as { compute: 2, peer: 6 }. */
export type Counts = Readonly<Record<string, number>>;

/** Endorsements of one update: two of three organisations, as the benchmark's contract has it. */
const ENDORSEMENTS = 2;
/** Share of its CPU that a peer of one channel reaches, as Fabric's documentation has it (docs/scaling.md). */
const PEER_CEILING = 0.7;

/** In what order parts work on a call, on Fabric and on the embedded ledger; what is in no row works beside the last. */
const ORDER: readonly (readonly string[])[] = [['client'], ['compute'], ['chaincode'], ['endorsement-chaincode', 'plain-chaincode'], ['orderer', 'sequencer'], ['peer']];
/** All processes of these do the work of every call; of others one does. */
const EVERYWHERE: ReadonlySet<string> = new Set(['peer', 'endorser', 'business', 'policy-chaincode']);
/** Go programs and pools of processes; others are Node processes, which keep one core busy. */
const MANY_CORES: ReadonlySet<string> = new Set(['peer', 'orderer', 'chaincode']);

/** Gives keys to compute nodes as they start; the CPU that it uses meanwhile does not grow with calls. */
const BESIDE: ReadonlySet<string> = new Set(['key-broker']);

interface Share {
  readonly part: string;
  readonly process: number;
  readonly ms: number;
}

/** All parts on one machine, as the benchmark runs them. */
export function onOneMachine(costs: Costs, counts: Counts, travel: Travel, cores: number): Simulation {
  const groups = Array.from({ length: travel.groups }, (_, group) => stagesOf(costs, counts, counts, travel, group).map((stage) => stage.map(({ ms }) => ({ station: 0, ms }))));
  return { stations: [{ name: 'the machine', servers: cores }], groups, callsPerGroup: travel.callsPerGroup, delayMs: 0 };
}

/** Each process on a machine of its own; chaincode processes have the cores that their compute node leaves. @param measured processes that the costs are of */
export function onManyMachines(costs: Costs, measured: Counts, wanted: Counts, travel: Travel, cores: number): Simulation {
  const onThePath = Object.fromEntries(Object.entries(costs).filter(([part]) => !BESIDE.has(part)));
  const stations: Station[] = [];
  const places = new Map<string, number>();
  const place = ({ part, process }: Share): number => {
    const name = `${part}-${String(process + 1)}`;
    const known = places.get(name);
    if (known !== undefined) return known;
    places.set(name, stations.length);
    stations.push({ name, servers: serversOf(part, cores) });
    return stations.length - 1;
  };
  const groups = Array.from({ length: travel.groups }, (_, group) =>
    stagesOf(onThePath, measured, wanted, travel, group).map((stage): Stage => stage.map((share) => ({ station: place(share), ms: share.part === 'peer' ? share.ms / PEER_CEILING : share.ms }))),
  );
  return { stations, groups, callsPerGroup: travel.callsPerGroup, delayMs: 0 };
}

/** Calls per second that one process of a part carries, when it does nothing else. @param ms CPU of one call, all of the measured processes together */
export function capacityOf(part: string, ms: number, measured: Counts, cores: number): number {
  const own = EVERYWHERE.has(part) ? ms / (measured[part] ?? 1) : ms;
  return (serversOf(part, cores) * 1_000 * (part === 'peer' ? PEER_CEILING : 1)) / own;
}

function serversOf(part: string, cores: number): number {
  if (part === 'chaincode') return Math.max(1, cores - 1);
  return MANY_CORES.has(part) ? cores : 1;
}

function stagesOf(costs: Costs, measured: Counts, wanted: Counts, travel: Travel, group: number): Share[][] {
  // On the embedded ledger endorsers check before anything is ordered; on Fabric that part only follows.
  const order = 'peer' in costs ? ORDER : ORDER.map((parts) => (parts.includes('endorsement-chaincode') ? [...parts, 'endorser'] : parts));
  const named = new Set(order.flat());
  const all = [...order, Object.keys(costs).filter((part) => !named.has(part))];
  return all.map((parts) => parts.flatMap((part) => sharesOf(part, costs, measured, wanted, travel, group))).filter((stage) => stage.length > 0);
}

function sharesOf(part: string, costs: Costs, measured: Counts, wanted: Counts, { callsPerGroup, shared }: Travel, group: number): Share[] {
  const cost = costs[part];
  if (cost === undefined) return [];
  const all = callsPerGroup * costOf(cost, shared);
  if (all === 0) return [];
  const now = wanted[part] ?? 1;
  if (EVERYWHERE.has(part)) return Array.from({ length: now }, (_, process) => ({ part, process, ms: all / (measured[part] ?? 1) }));
  if (part !== 'endorsement-chaincode') return [{ part, process: group % now, ms: all }];
  const endorsing = Math.min(ENDORSEMENTS, now);
  return Array.from({ length: endorsing }, (_, i) => ({ part, process: (group * endorsing + i) % now, ms: all / ENDORSEMENTS }));
}
