import type { JSX } from 'preact';
import type { RefusalsView } from '../../../src/api.js';
import { usePolled } from '../hooks.js';
import { RefusalNote } from '../parts/refusal-note.js';

const PAUSE_MS = 2_500;

export function RefusalsPage(): JSX.Element {
  const { value, refusal } = usePolled<RefusalsView>('refusals', PAUSE_MS);
  return (
    <>
      <h1>Refusals</h1>
      {refusal !== undefined && <RefusalNote refusal={refusal} />}
      <section>
        <h2>Of your requests</h2>
        {value === undefined || value.own.length === 0 ? <p class="quiet">None in this session.</p> : (
          <ol class="events" aria-live="polite">
            {value.own.map(({ at, what, refusal: { code, role, message, action } }) => (
              <li key={`${String(at)}-${code}`}>
                <p><time dateTime={new Date(at).toISOString()}>{new Date(at).toLocaleTimeString()}</time> · {what}</p>
                <p><strong class="code">{code}</strong> <span class="quiet">refused by {role}</span></p>
                <p>{message}</p>
                <p><span class="quiet">What to do:</span> {action}</p>
              </li>
            ))}
          </ol>
        )}
      </section>
      <section>
        <h2>What nodes count</h2>
        <p class="quiet">Calls that ended otherwise than OK, since each process started. “sealed” counts refusals that the requester alone may read.</p>
        {value === undefined || value.counted.length === 0 ? <p>None.</p> : (
          <div class="scroll" tabIndex={0} role="region" aria-label="Counted refusals, table">
            <table>
              <thead><tr><th scope="col">Process</th><th scope="col">Code</th><th scope="col" class="number">Calls</th><th scope="col">What to do</th></tr></thead>
              <tbody>{value.counted.map(({ node, code, count, action }) => <tr key={`${node}-${code}`}><th scope="row">{node}</th><td class="code">{code}</td><td class="number">{count}</td><td>{action}</td></tr>)}</tbody>
            </table>
          </div>
        )}
      </section>
    </>
  );
}
