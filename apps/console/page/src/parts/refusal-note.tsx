import type { JSX } from 'preact';
import type { RefusalView } from '../../../src/api.js';

/** A refusal: its code, who refused, and what to do. */
export function RefusalNote({ refusal: { code, role, message, action } }: { readonly refusal: RefusalView }): JSX.Element {
  return (
    <div class="refusal" role="alert">
      <p><strong class="code">{code}</strong> <span class="quiet">refused by {role}</span></p>
      <p>{message}</p>
      <p class="action"><span class="quiet">What to do:</span> {action}</p>
    </div>
  );
}
