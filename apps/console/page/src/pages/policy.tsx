import type { JSX } from 'preact';
import type { PolicyView } from '../../../src/api.js';
import { usePolled } from '../hooks.js';
import { RefusalNote } from '../parts/refusal-note.js';

const PAUSE_MS = 10_000;

export function PolicyPage(): JSX.Element {
  const { value, refusal } = usePolled<PolicyView>('policy', PAUSE_MS);
  return (
    <>
      <h1>Policy</h1>
      {refusal !== undefined && <RefusalNote refusal={refusal} />}
      {value === undefined ? <p class="quiet" role="status">Asking a quorum of organisations …</p> : (
        <>
          <Contracts policy={value} />
          <Proposals policy={value} />
          <section>
            <h2>Revocations</h2>
            {value.revocations.length === 0 ? <p>None on the ledger.</p> : <ul>{value.revocations.map(({ what, subject }) => <li key={`${what}-${subject}`}>{what} <span class="mono">{subject}</span></li>)}</ul>}
          </section>
          <section>
            <h2>Facts on the ledger</h2>
            {value.facts.map(({ key, bytes, value: text }) => <details key={key}><summary><span class="mono">{key}</span> <span class="quiet">{bytes} bytes</span></summary><pre class="fact" tabIndex={0}>{text}</pre></details>)}
          </section>
        </>
      )}
    </>
  );
}

function Contracts({ policy: { contracts } }: { readonly policy: PolicyView }): JSX.Element {
  return (
    <section>
      <h2>Contracts in force</h2>
      {contracts.length === 0 ? <p>None. "selvedge deploy DIR" brings one.</p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Contracts, table">
          <table>
            <thead><tr><th scope="col">Contract</th><th scope="col">Version</th><th scope="col" class="number">Policy</th><th scope="col" class="number">Since block</th><th scope="col">Code hash</th></tr></thead>
            <tbody>{contracts.map(({ name, version, policyVersion, block, codeHash }) => <tr key={name}><th scope="row">{name}</th><td>{version}</td><td class="number">{policyVersion}</td><td class="number">{block}</td><td class="mono">{codeHash}</td></tr>)}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Proposals({ policy: { proposals } }: { readonly policy: PolicyView }): JSX.Element {
  return (
    <section>
      <h2>Waiting for approvals</h2>
      {proposals.length === 0 ? <p>Nothing waits in this folder.</p> : (
        <ul class="events">
          {proposals.map(({ name, version, approvedBy, missing, needed, state }) => (
            <li key={`${name}-${version}`}><strong>{name} {version}</strong> <span class="tag">{state}</span><br />approved by {approvedBy.join(', ') || 'nobody'}; {needed} needed; missing: {missing.join(', ') || 'nobody'}</li>
          ))}
        </ul>
      )}
    </section>
  );
}
