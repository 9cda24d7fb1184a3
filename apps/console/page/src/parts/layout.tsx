import type { ComponentChildren, JSX } from 'preact';
import type { RefusalView, SessionView } from '../../../src/api.js';
import { post } from '../api-client.js';
import { RefusalNote } from './refusal-note.js';

export interface PageLink {
  readonly hash: string;
  readonly title: string;
}

interface LayoutProps {
  readonly session: SessionView | undefined;
  readonly links: readonly PageLink[];
  readonly current: string;
  readonly refusal: RefusalView | undefined;
  readonly onSignedOut: () => void;
  readonly children: ComponentChildren;
}

/** What stands around every page: who is signed in, where one can go, and what kind of TEEs these are. */
export function Layout({ session, links, current, refusal, onSignedOut, children }: LayoutProps): JSX.Element {
  const signOut = (): void => {
    post('sign-out', {}).catch(() => undefined).finally(onSignedOut);
  };
  return (
    <>
      <a class="skip" href="#content" onClick={(event) => { event.preventDefault(); document.getElementById('content')?.focus(); }}>To the content</a>
      <header class="top">
        <div class="bar">
          <p class="brand"><img src="/icon.svg" alt="" width="26" height="26" /> Selvedge <span class="quiet">{session === undefined ? '' : `${session.network} · ${session.channel} · ${session.ledger} ledger`}</span></p>
          <p class="who">
            {session !== undefined && <span>{session.commonName} <span class="quiet">{session.mspId}, {session.role}{session.canSign ? '' : ', looks only'}</span></span>}
            <button type="button" class="plain" onClick={signOut}>Sign out</button>
          </p>
        </div>
        <nav aria-label="Pages">
          <ul>{links.map(({ hash, title }) => <li key={hash}><a href={hash} aria-current={hash === current ? 'page' : undefined}>{title}</a></li>)}</ul>
        </nav>
      </header>
      {session?.simulatedTees === true && <p class="simulated" role="note"><strong>Simulated TEEs.</strong> For development only: whoever runs these machines can read what they process.</p>}
      <main id="content" tabIndex={-1}>
        {refusal !== undefined && <RefusalNote refusal={refusal} />}
        {children}
      </main>
    </>
  );
}
