import { number, table } from '../tables.js';
import type { MeasuredWay, AlternativesResult } from './measure.js';

/** The ways, by what they do, as text. */
export function renderAlternatives({ machine, node, valueBytes, slices, choices }: AlternativesResult): string {
  return [
    `${machine.model}, ${String(machine.cores)} cores, ${String(machine.memoryGiB)} GiB, ${machine.system}; Node ${node}; values of ${String(valueBytes)} bytes`,
    ...choices.flatMap(({ what, ways }) => ['', what, ...table(['way', 'per s', 'CPU ms', 'main thread', 'other threads', 'chaincode', 'rate of first', 'CPU of first'], ways.map(row))]),
    '',
    `CPU of one, in milliseconds. "main thread" is the one that serves everything else of the node, "other threads" are the rest of its process. The ways take turns; medians of`,
    `${String(slices)} slices, and "of first" of as many pairs of neighbouring ones. State is in memory, and nothing else runs: no ledger, no requests, no network.`,
    `"in the node's process" has no sandbox, no limits and encodes no message: it is the least that such a way could cost.`,
  ].join('\n');
}

function row({ name, perSecond, mainMs, nodeMs, chaincodeMs, rateOfFirst, cpuOfFirst }: MeasuredWay): string[] {
  return [name, number(perSecond, 0), number(nodeMs + chaincodeMs, 3), number(mainMs, 3), number(Math.max(0, nodeMs - mainMs), 3), number(chaincodeMs, 3), number(rateOfFirst, 2), number(cpuOfFirst, 2)];
}
