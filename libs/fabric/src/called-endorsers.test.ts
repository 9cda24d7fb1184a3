import { describe, expect, it } from 'vitest';
import { setsThatRunAll } from './called-endorsers.js';

const contract = (name: string, ...endorsers: string[]) => ({ name, endorsers });

describe('setsThatRunAll', () => {
  it('leaves the sets whose organisations endorse every contract', () => {
    const sets = [['A', 'B'], ['B', 'C'], ['B', 'D']];
    expect(setsThatRunAll(sets, [contract('one', 'A', 'B', 'C', 'D')])).toEqual(sets);
    expect(setsThatRunAll(sets, [contract('one', 'A', 'B', 'C'), contract('two', 'B', 'C', 'D')])).toEqual([['B', 'C']]);
  });

  it('refuses by name when no set is left, saying who lacks which contract', () => {
    const refused = expect.objectContaining({
      code: 'CALLED_ENDORSERS_DIFFER',
      message: 'on Fabric, whoever endorses a transaction of one, two, three must endorse each of these contracts, and B cannot endorse one; A, C cannot endorse two',
    }) as Error;
    expect(() => setsThatRunAll([['A', 'B'], ['B', 'C']], [contract('one', 'A', 'C'), contract('two', 'B'), contract('three', 'A', 'B', 'C')])).toThrow(refused);
  });

  it('has nothing to say where no set satisfies the policies anyhow', () => {
    expect(setsThatRunAll([], [contract('one', 'A'), contract('two', 'B')])).toEqual([]);
  });
});
