import { describeContracts } from '../contract/metadata.js';
import type { RoundResult } from './dev-round.js';

const indent = (text: string): string => text.split('\n').map((line) => `  ${line}`).join('\n');

/** A round as its author reads it. */
export function roundText(result: RoundResult): string {
  switch (result.kind) {
    case 'deployed': {
      const { name, version, codeHash, policyVersion, changed, contracts } = result;
      const state = changed ? `is in force as policy version ${String(policyVersion)}` : 'is in force already: nothing has changed';
      return [`contract ${name} ${version} ${state}; code hash ${codeHash.slice(0, 12)}`, ...(contracts === undefined || !changed ? [] : [indent(describeContracts(contracts))])].join('\n');
    }
    case 'build failed':
      return `the build failed; the network keeps what it has\n${indent(result.output)}`;
    case 'refused': {
      const { code, role, message, action } = result.refusal;
      return `${code} (refused by: ${role ?? 'unknown'}): ${message}\n  ${action}`;
    }
  }
}

/** The same for machines. */
export function roundValue(result: RoundResult): object {
  if (result.kind !== 'refused') return result;
  return { kind: result.kind, error: result.refusal.toJSON() };
}
