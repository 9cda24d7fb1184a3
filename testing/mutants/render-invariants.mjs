/** The invariants of the design, in its own order. */
export const INVARIANTS = {
  1: 'No plaintext value, key name, argument, transient field or key material appears outside a TEE or the client.',
  2: 'No key and nonce pair encrypts two plaintexts. The same txId commits at most once.',
  3: 'An endorser endorses only target data of which every part checks.',
  4: 'A business node stores only what enough endorsers signed and declared for it.',
  5: 'Stale, rolled-back, swapped, forged or incomplete state never reaches a committed write.',
  6: 'All business nodes reach the same verdict on every transaction, in the same order; no verdict depends on a local clock.',
  7: 'An acknowledged commit is durable at every declared owner; an uncommitted one leaves no trace.',
  8: 'Key release needs evidence bound to a fresh nonce, an ephemeral key and the profile.',
  9: 'Failing decryption, MAC and signature checks are indistinguishable to the caller.',
  10: 'A refused request says, with a stable code, which role refused and what to do.',
};

/** Markdown of docs/invariants.md: per invariant, each check, where it stands and which test notices its removal. */
export function renderInvariants(mutants) {
  const sections = Object.entries(INVARIANTS).map(([number, text]) => {
    const rows = mutants
      .filter((mutant) => mutant.invariant === Number(number))
      .map((mutant) => `| ${mutant.check} | \`${mutant.file}\` | ${mutant.tests.map((test) => `\`${test}\``).join(', ')} |`);
    const table = rows.length === 0 ? 'No check of this invariant can be removed by a single change; see the end-to-end tests.' : `| check | where | test that notices its removal |\n|---|---|---|\n${rows.join('\n')}`;
    return `## ${number}. ${text}\n\n${table}\n`;
  });
  return `# Invariants and the checks behind them

Generated from \`testing/mutants/checks\` by \`node testing/mutants/run.mjs --write-docs\`. \`npm run test:mutants\` removes each
check in turn and fails when no test notices.

${sections.join('\n')}`;
}
