import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryPolicy } from '../testdata/arbitrary-rules.js';
import { refusal } from '../testdata/refusal.js';
import { parseEndorsementPolicy, printEndorsementPolicy } from './parse.js';

const principal = (mspId: string, role: string) => ({ kind: 'principal', mspId, role });

describe('parseEndorsementPolicy', () => {
  it('reads Fabric’s gates, nested, with either quote and any spacing', () => {
    const [a, b, c] = [principal('A', 'peer'), principal('B.example', 'member'), principal('C-1', 'admin')];
    expect(parseEndorsementPolicy(`AND('A.peer', "B.example.member")`)).toEqual({ rule: { kind: 'out-of', n: 2, rules: [a, b] }, mspIds: ['A', 'B.example'] });
    expect(parseEndorsementPolicy(`OR('A.peer','C-1.admin')`).rule).toEqual({ kind: 'out-of', n: 1, rules: [a, c] });
    expect(parseEndorsementPolicy(` OutOf ( 2 , 'A.peer' ,\n\tOR( 'B.example.member' ) , 'C-1.admin' ) `).rule).toEqual({
      kind: 'out-of',
      n: 2,
      rules: [a, { kind: 'out-of', n: 1, rules: [b] }, c],
    });
  });

  it('takes the spellings of gates that Fabric takes', () => {
    for (const gate of ['AND', 'And', 'and', 'OR', 'Or', 'or']) expect(parseEndorsementPolicy(`${gate}('A.peer')`).rule).toMatchObject({ n: 1 });
    for (const gate of ['OutOf', 'outof', 'OUTOF']) expect(parseEndorsementPolicy(`${gate}(1, 'A.peer', 'B.peer')`).rule).toMatchObject({ n: 1 });
  });

  it.each([
    ['', 1],
    ['   ', 4],
    ["'A.peer'", 1],
    ["XOR('A.peer')", 1],
    ["constructor('A.peer')", 1],
    ['AND', 4],
    ['AND(', 5],
    ['AND()', 5],
    ["AND('A.peer'", 13],
    ["AND('A.peer',)", 14],
    ["AND('A.peer' 'B.peer')", 14],
    ["AND('A.peer') x", 15],
    ["AND('A')", 5],
    ["AND('A.boss')", 5],
    ["AND('.peer')", 5],
    ["AND('A.peer'; 'B.peer')", 13],
    ["AND('A.peer)", 5],
    ["OR(2, 'A.peer')", 4],
    ["OutOf('A.peer', 'B.peer')", 7],
    ["OutOf(0, 'A.peer')", 7],
    ["OutOf(2, 'A.peer')", 7],
    ["OutOf(99999, 'A.peer')", 7],
    ["OutOf(1)", 8],
  ])('refuses %j at its character', (text, position) => {
    expect(refusal(() => parseEndorsementPolicy(text))).toMatch(new RegExp(`^POLICY_MALFORMED: endorsement policy, character ${String(position)}: `));
  });

  it('refuses policies that are too long, too deep or of too many parts', () => {
    const nested = (depth: number): string => 'OR('.repeat(depth) + "'A.peer'" + ')'.repeat(depth);
    const wide = (count: number): string => `OR(${Array.from({ length: count }, () => "'A.peer'").join()})`;
    expect(refusal(() => parseEndorsementPolicy(nested(16)))).toBe('nothing was refused');
    expect(refusal(() => parseEndorsementPolicy(nested(17)))).toMatch(/^POLICY_MALFORMED: .*nested deeper than 16/);
    expect(refusal(() => parseEndorsementPolicy(wide(256)))).toBe('nothing was refused');
    expect(refusal(() => parseEndorsementPolicy(wide(257)))).toMatch(/^POLICY_MALFORMED: .*more than 256 parts/);
    expect(refusal(() => parseEndorsementPolicy(`OR('A.peer')${' '.repeat(8192)}`))).toMatch(/^POLICY_MALFORMED: .*longer than 8192/);
  });

  it('reads what it printed', () => {
    fc.assert(
      fc.property(arbitraryPolicy(['A', 'Org1MSP', 'b-2', 'x.y.z', 'peer.admin'], { depth: 4, width: 4 }), (policy) => {
        expect(parseEndorsementPolicy(printEndorsementPolicy(policy))).toEqual(policy);
      }),
    );
  });

  it('throws nothing but POLICY_MALFORMED, whatever the text', () => {
    const piece = fc.constantFrom('AND', 'OR', 'OutOf', '(', ')', ',', "'A.peer'", '"B.admin"', '1', '2', ' ', "'", '__proto__', '\n');
    const text = fc.oneof(fc.string(), fc.uint16Array({ maxLength: 20 }).map((units) => String.fromCharCode(...units)), fc.array(piece).map((pieces) => pieces.join('')));
    fc.assert(
      fc.property(text, (input) => {
        expect(refusal(() => parseEndorsementPolicy(input))).toMatch(/^(POLICY_MALFORMED: |nothing was refused$)/);
      }),
      { numRuns: 500 },
    );
  });
});
