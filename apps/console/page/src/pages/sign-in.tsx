import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { RefusalView } from '../../../src/api.js';
import { RefusalNote } from '../parts/refusal-note.js';

export function SignInPage({ refusal }: { readonly refusal: RefusalView | undefined }): JSX.Element {
  useEffect(() => { document.title = 'Sign in · Selvedge console'; }, []);
  return (
    <main class="sign-in">
      <h1><img src="/icon.svg" alt="" width="32" height="32" /> Selvedge console</h1>
      {refusal !== undefined && <RefusalNote refusal={refusal} />}
      <p>Sign in with an identity of your organisation. In the network’s folder, run</p>
      <pre><code>selvedge console sign-in</code></pre>
      <p>and open the link that it prints. To be somebody else:</p>
      <pre><code>selvedge --identity AuroraMSP/Admin console sign-in</code></pre>
      <p class="quiet">The command signs a challenge of this console with the identity’s private key. The key stays with the command, the link opens once, and a session lasts an hour at most.</p>
    </main>
  );
}
