import { describe, expect, it } from 'vitest';
import { callTotals, quantileMs, refusalCounts } from './calls.js';
import { acceptanceOf, epochsOf } from './node-facts.js';
import { MAX_PAGE_BYTES, parsePrometheus } from './parse-prometheus.js';
import { plotsOf } from './watch.js';

const page = (calls: number, slow: number, refused = 0): string => `# HELP selvedge_rpc_calls_total x
# TYPE selvedge_rpc_calls_total counter
selvedge_rpc_calls_total{service="Compute",method="Execute",code="OK"} ${String(calls)}
selvedge_rpc_calls_total{service="Compute",method="Execute",code="OVERLOADED"} ${String(refused)}
selvedge_rpc_calls_total{service="Compute",method="Health",code="OK"} 900
selvedge_rpc_call_seconds_bucket{le="0.01",service="Compute",method="Execute"} ${String(calls - slow)}
selvedge_rpc_call_seconds_bucket{le="0.1",service="Compute",method="Execute"} ${String(calls)}
selvedge_rpc_call_seconds_bucket{le="+Inf",service="Compute",method="Execute"} ${String(calls)}
selvedge_key_epoch{contract="@channel"} 1
selvedge_key_epoch{contract="diamonds"} 3
selvedge_attestation_time_seconds 1700000000
selvedge_certificate_end_time_seconds 1700086400
process_cpu_seconds_total 7
`;
const read = (text: string) => parsePrometheus(text, 'selvedge_');

describe('a metrics page', () => {
  it('is read, names, labels and values', () => {
    expect(read('selvedge_a{b="c\\"d\\\\e\\nf",g="h"} 1.5e3 1700000000000\nselvedge_i NaN\nselvedge_j +Inf\n')).toEqual([
      { name: 'selvedge_a', labels: { b: 'c"d\\e\nf', g: 'h' }, value: 1_500 },
      { name: 'selvedge_i', labels: {}, value: NaN },
      { name: 'selvedge_j', labels: {}, value: Infinity },
    ]);
  });

  it.each(['selvedge_a', 'selvedge_a{', 'selvedge_a{b="c} 1', 'selvedge_a{b=c} 1', 'selvedge_a{b="c"}1', 'selvedge_a 1x', 'selvedge_a --1', 'selvedge_a{b="\\q"} 1', `selvedge_a{b="${'x'.repeat(300)}"} 1`, `selvedge_${'a'.repeat(5_000)} 1`, `selvedge_a{${'b="c",'.repeat(17)}} 1`, 'other 1'])('loses the line %#, and keeps the next', (line) => {
    expect(read(`${line}\nselvedge_ok 1`)).toEqual([{ name: 'selvedge_ok', labels: {}, value: 1 }]);
  });

  it('is bounded', () => {
    expect(() => read('x'.repeat(MAX_PAGE_BYTES + 1))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }));
    expect(read('selvedge_a 1\n'.repeat(30_000))).toHaveLength(20_000);
  });
});

describe('what the pages tell', () => {
  it('epochs and acceptance of a node', () => {
    expect(epochsOf(read(page(1, 0)))).toEqual({ '@channel': 1, diamonds: 3 });
    expect(acceptanceOf(read(page(1, 0)))).toEqual({ verdict: 'accepted', text: 'accepted by the key broker at 2023-11-14T22:13:20Z, certificate until 2023-11-15T22:13:20Z' });
    expect(acceptanceOf([])).toBeUndefined();
  });

  it('refusals by code', () => {
    expect([...refusalCounts(read(page(10, 0, 2)))]).toEqual([['OVERLOADED', 2]]);
  });

  it('rates and times of calls that carry requests, between two scrapes', () => {
    const [before, after] = [callTotals(read(page(100, 0))), callTotals(read(page(120, 5, 4)))];
    expect([after.calls - before.calls, after.refused]).toEqual([24, 4]);
    // 15 of 20 calls took up to 10 ms: the tenth lies two thirds up that bucket, the nineteenth four fifths up the next.
    expect(quantileMs(before, after, 0.5)).toBeCloseTo((10 / 15) * 10, 6);
    expect(quantileMs(before, after, 0.95)).toBeCloseTo(10 + 0.8 * 90, 6);
    expect(quantileMs(after, after, 0.5)).toBeUndefined();
  });

  it('plots: a gap where a node began anew', () => {
    const points = [page(100, 0), page(120, 0), page(3, 0), page(5, 0)].map((text, i) => ({ at: i * 2_000, totals: new Map([['compute', callTotals(read(text))]]) }));
    expect(plotsOf(points)[0]).toEqual({ title: 'Requests', unit: 'per second', series: [{ label: 'compute', points: [10, null, 1] }] });
  });
});
