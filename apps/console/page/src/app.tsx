import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { RefusalView, SessionView } from '../../src/api.js';
import { forgetSession, isSignedIn, redeem, refusalOf } from './api-client.js';
import { usePolled, useRoute } from './hooks.js';
import { FollowPage } from './pages/follow.js';
import { KeyPage } from './pages/key.js';
import { MetricsPage } from './pages/metrics.js';
import { NetworkPage } from './pages/network.js';
import { PolicyPage } from './pages/policy.js';
import { RefusalsPage } from './pages/refusals.js';
import { SignInPage } from './pages/sign-in.js';
import { Layout, type PageLink } from './parts/layout.js';

/** A page of the console, shown to whoever is signed in. */
interface Page extends PageLink {
  readonly Show: (props: { readonly session: SessionView }) => JSX.Element;
}

const PAGES: readonly Page[] = [
  { hash: '#/network', title: 'Network', Show: NetworkPage },
  { hash: '#/request', title: 'Follow a request', Show: FollowPage },
  { hash: '#/key', title: 'A key', Show: KeyPage },
  { hash: '#/refusals', title: 'Refusals', Show: RefusalsPage },
  { hash: '#/policy', title: 'Policy', Show: PolicyPage },
  { hash: '#/metrics', title: 'Load and time', Show: MetricsPage },
];
const LINK = /^#sign-in=([0-9a-f]{64})$/;
const SESSION_MS = 15_000;

export function App(): JSX.Element {
  const [isIn, setIsIn] = useState(isSignedIn());
  const [refusal, setRefusal] = useState<RefusalView>();
  const [entered, setEntered] = useState(0);
  const route = useRoute();
  const link = LINK.exec(route)?.[1];
  useEffect(() => {
    if (link === undefined) return;
    // Out of the address and of the history: it opens once, and shall not lie about.
    window.history.replaceState(null, '', '#/network');
    redeem(link).then(
      () => {
        setRefusal(undefined);
        setIsIn(true);
        // Somebody else may have been in before: nothing of what was shown to them stays.
        setEntered((times) => times + 1);
      },
      (error: unknown) => { setRefusal(refusalOf(error)); },
    );
  }, [link]);
  const leave = (why?: RefusalView): void => {
    forgetSession();
    setRefusal(why);
    setIsIn(false);
  };
  return isIn ? <SignedIn key={entered} route={route} onLeave={leave} /> : <SignInPage refusal={refusal} />;
}

function SignedIn({ route, onLeave }: { readonly route: string; readonly onLeave: (why?: RefusalView) => void }): JSX.Element {
  const { value: session, refusal } = usePolled<SessionView>('session', SESSION_MS);
  const isOver = refusal?.code === 'SIGN_IN_REQUIRED';
  useEffect(() => {
    if (isOver) onLeave(refusal);
  }, [isOver]);
  const page = PAGES.find(({ hash }) => hash === route) ?? PAGES[0];
  useEffect(() => { document.title = `${page?.title ?? 'Network'} · Selvedge console`; }, [page]);
  return (
    <Layout session={session} links={PAGES} current={page?.hash ?? ''} refusal={isOver ? undefined : refusal} onSignedOut={() => { onLeave(); }}>
      {session === undefined || page === undefined ? <p class="quiet" role="status">Looking at the network …</p> : <page.Show session={session} />}
    </Layout>
  );
}
