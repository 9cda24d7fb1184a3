import { table } from '../terminal.js';
import type { Diagnosis } from './domain/diagnose.js';
import type { NodeFacts } from './domain/facts.js';

/** The diagnosis for people. */
export function diagnosisText({ healthy, findings, unchecked }: Diagnosis, nodes: readonly Pick<NodeFacts, 'name'>[]): string {
  const rows = findings.map(({ code, severity, subject, text }) => [severity, code, subject, text]);
  const actions = [...new Map(findings.map(({ code, action }) => [code, action]))];
  return [
    ...(rows.length === 0 ? [] : [table([['', 'fault', 'at', 'what was seen'], ...rows]), '', ...actions.map(([code, action]) => `${code}: ${action}`), '']),
    ...unchecked.map((what) => `not checked: ${what}`),
    healthy ? `${String(nodes.length)} processes: no fault found` : `${String(findings.filter(({ severity }) => severity === 'error').length)} faults found`,
  ].join('\n');
}
