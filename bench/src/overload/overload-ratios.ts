import type { Ratio } from '../ratios.js';
import { mostGrowth } from './memory.js';
import { MAX_RECOVERY_SECONDS, type OverloadResult } from './measure-overload.js';

/** The ratios of an overload. */
export function overloadRatios({ overload, capacityPerSecond, recoverySeconds, memory }: OverloadResult): Ratio[] {
  return [
    { name: 'overloadMemory', aim: { bound: 'at most', value: 1.25 }, method: 'highest memory of its own (without mapped files) in the last minute of the overload (a third of a short one) / in its first, of the process that grew most', runs: memory.length, value: mostGrowth(memory) },
    { name: 'overloadGoodput', aim: { bound: 'at least', value: 0.8 }, method: 'calls/s that succeeded while four times the capacity was offered / the capacity, which is what a closed loop reached in the same run', runs: overload.seconds, value: overload.acceptedPerSecond / capacityPerSecond },
    {
      name: 'overloadRecoverySeconds', aim: { bound: 'at most', value: 10 }, unit: 's', runs: 1, value: recoverySeconds ?? MAX_RECOVERY_SECONDS,
      method: `from the end of the overload to three seconds in a row at half the capacity of which 95 % succeed, at a p50 of at most 1.5 times that before${recoverySeconds === undefined ? `; not reached within ${String(MAX_RECOVERY_SECONDS)} s` : ''}`,
    },
  ];
}
