import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { RequestInput, RequestKind, SessionView } from '../../../src/api.js';
import { Field } from './field.js';

const KINDS: readonly { readonly kind: RequestKind; readonly label: string; readonly hint: string }[] = [
  { kind: 'invoke', label: 'Update', hint: 'runs and commits' },
  { kind: 'query', label: 'Query', hint: 'runs, commits nothing' },
  { kind: 'forge', label: 'Forged', hint: 'runs, then shows an endorser a changed TEE signature' },
];

/** A request as a person writes it. */
export function RequestForm({ session, isBusy, onSend }: { readonly session: SessionView; readonly isBusy: boolean; readonly onSend: (input: RequestInput) => void }): JSX.Element {
  const [contract, setContract] = useState(session.contracts[0] ?? '');
  const [transaction, setTransaction] = useState('');
  const [args, setArgs] = useState('');
  const [transient, setTransient] = useState('');
  const [kind, setKind] = useState<RequestKind>('invoke');
  const send = (): void => { onSend({ contract, transaction, arguments: linesOf(args), transient: pairsOf(transient), kind }); };
  return (
    <form onSubmit={(event) => { event.preventDefault(); send(); }}>
      <div class="fields">
        <Field label="Contract" value={contract} onInput={setContract} options={session.contracts} isRequired />
        <Field label="Function" value={transaction} onInput={setTransaction} isRequired />
        <Field label="Arguments" hint="one a line" rows={3} value={args} onInput={setArgs} />
        <Field label="Transient data" hint="name=value, one a line" rows={3} value={transient} onInput={setTransient} />
      </div>
      <fieldset>
        <legend>Kind</legend>
        {KINDS.filter((one) => one.kind !== 'forge' || session.isDevelopment).map((one) => (
          <label key={one.kind} class="choice"><input type="radio" name="kind" value={one.kind} checked={kind === one.kind} onChange={() => { setKind(one.kind); }} /> {one.label} <span class="quiet">{one.hint}</span></label>
        ))}
      </fieldset>
      <p class="buttons"><button type="submit" disabled={isBusy || !session.canSign}>{isBusy ? 'Under way …' : 'Send'}</button>{session.canSign ? '' : <span class="quiet"> The console does not hold your key: you can look only.</span>}</p>
    </form>
  );
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function pairsOf(text: string): Record<string, string> {
  return Object.fromEntries(linesOf(text).filter((line) => line.includes('=')).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}
