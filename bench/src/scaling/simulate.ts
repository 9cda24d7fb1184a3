/** Something that works on so many tasks at once, and lets others wait in order of arrival: a process, or a whole machine. */
export interface Station {
  readonly name: string;
  readonly servers: number;
}

/** Work of one group of calls at one station. */
export interface Task {
  /** Place of the station in the list. */
  readonly station: number;
  readonly ms: number;
}

/** Tasks that start together; the next stage starts when the last of them has ended. */
export type Stage = readonly Task[];

export interface Simulation {
  readonly stations: readonly Station[];
  /** Groups that go round at once, as many as there are rows of stages here; each goes through its stages again and again. */
  readonly groups: readonly (readonly Stage[])[];
  readonly callsPerGroup: number;
  /** What a round takes besides work, such as the wait for a block. */
  readonly delayMs: number;
}

export interface Outcome {
  readonly perSecond: number;
  /** Share of its servers' time that each station worked, in the order of the stations. */
  readonly utilisation: readonly number[];
}

/** Rounds that are simulated: of all groups together, and at least of each; the first tenth does not count. */
const ROUNDS = 2_000;
const ROUNDS_EACH = 40;

interface Arrival {
  readonly at: number;
  readonly group: number;
  readonly stage: number;
}

/** Plays a closed loop, event by event. Nothing is random: the same input has the same outcome. */
export function simulate({ stations, groups, callsPerGroup, delayMs }: Simulation): Outcome {
  const freeAt = stations.map(({ servers }) => Array.from({ length: servers }, () => 0));
  const busy = stations.map(() => 0);
  const pending: Arrival[] = groups.map((_, group) => ({ at: 0, group, stage: 0 }));
  const rounds = Math.max(ROUNDS, ROUNDS_EACH * groups.length);
  const warm = rounds / 10;
  let done = 0;
  let from = 0;
  let now = 0;
  for (let next = pending.shift(); next !== undefined && done < rounds; next = pending.shift()) {
    now = next.at;
    const stages = groups[next.group] ?? [];
    const tasks = stages[next.stage];
    if (tasks === undefined) {
      done += 1;
      if (done === warm) {
        from = now;
        busy.fill(0);
      }
      queue(pending, { at: now + delayMs, group: next.group, stage: 0 });
      continue;
    }
    const ends = tasks.map(({ station, ms }) => {
      busy[station] = (busy[station] ?? 0) + ms;
      return occupy(freeAt[station] ?? [], now, ms);
    });
    queue(pending, { at: Math.max(now, ...ends), group: next.group, stage: next.stage + 1 });
  }
  const ms = now - from;
  return {
    perSecond: ms > 0 ? ((done - warm) * callsPerGroup * 1_000) / ms : Number.POSITIVE_INFINITY,
    utilisation: busy.map((used, i) => Math.min(1, used / (ms * (stations[i]?.servers ?? 1)))),
  };
}

/** @returns when the task ends on the server that is free first */
function occupy(servers: number[], now: number, ms: number): number {
  const first = servers.indexOf(Math.min(...servers));
  const end = Math.max(now, servers[first] ?? now) + ms;
  servers[first] = end;
  return end;
}

/** Keeps arrivals in order of time; of those at one time, the one that was queued first stays first. */
function queue(pending: Arrival[], arrival: Arrival): void {
  let [low, high] = [0, pending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pending[middle]?.at ?? 0) <= arrival.at) low = middle + 1;
    else high = middle;
  }
  pending.splice(low, 0, arrival);
}
