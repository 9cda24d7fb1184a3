import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { KeyView, RefusalView, SessionView } from '../../../src/api.js';
import { post, refusalOf } from '../api-client.js';
import { Field } from '../parts/field.js';
import { RefusalNote } from '../parts/refusal-note.js';

type What = 'key' | 'history';

export function KeyPage({ session }: { readonly session: SessionView }): JSX.Element {
  const [contract, setContract] = useState(session.contracts[0] ?? '');
  const [collection, setCollection] = useState('');
  const [key, setKey] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const [shown, setShown] = useState<{ readonly what: What; readonly view: KeyView }>();
  const [refusal, setRefusal] = useState<RefusalView>();
  const open = (what: What): void => {
    setIsBusy(true);
    setShown(undefined);
    setRefusal(undefined);
    post<KeyView>(`views/${what}`, { contract, collection, key })
      .then((view) => { setShown({ what, view }); }, (error: unknown) => { setRefusal(refusalOf(error)); })
      .finally(() => { setIsBusy(false); });
  };
  return (
    <>
      <h1>A key</h1>
      <p class="quiet">A viewer’s TEE beside your organisation’s business node opens what your organisation owns, for administrators and those whose certificate says so. Every view is recorded in its audit log.</p>
      <form onSubmit={(event) => { event.preventDefault(); open('key'); }}>
        <div class="fields">
          <Field label="Contract" value={contract} onInput={setContract} options={session.contracts} isRequired />
          <Field label="Collection" hint="empty: world state" value={collection} onInput={setCollection} />
          <Field label="Key" value={key} onInput={setKey} isRequired />
        </div>
        <p class="buttons">
          <button type="submit" disabled={isBusy}>Open the value</button>
          <button type="button" class="second" disabled={isBusy || key === ''} onClick={() => { open('history'); }}>Open the history</button>
        </p>
      </form>
      <div aria-live="polite">
        {isBusy && <p class="quiet">Asking the viewer …</p>}
        {refusal !== undefined && <RefusalNote refusal={refusal} />}
        {shown !== undefined && <Versions what={shown.what} view={shown.view} />}
      </div>
    </>
  );
}

function Versions({ what, view: { versions, height, audit } }: { readonly what: What; readonly view: KeyView }): JSX.Element {
  return (
    <section>
      <h2>{what === 'key' ? 'Present value' : 'History, newest first'}</h2>
      {versions.length === 0 ? <p>Absent at height {height}.</p> : (
        <ol class="events">
          {versions.map(({ transactionId, timestamp, isDeleted, text, isText }) => (
            <li key={transactionId}>
              <p class="quiet">{timestamp === undefined ? '' : <><time dateTime={timestamp}>{new Date(timestamp).toLocaleString()}</time> · </>}transaction <span class="mono">{transactionId}</span></p>
              {isDeleted ? <p>deleted</p> : <pre class="value" tabIndex={0}>{text}</pre>}
              {!isText && <p class="quiet">not text: base64</p>}
            </li>
          ))}
        </ol>
      )}
      <p class="quiet">As of height {height}. Recorded by {audit.viewer} as entry {audit.count} of its audit log, <span class="mono">{audit.hash}</span></p>
    </section>
  );
}
