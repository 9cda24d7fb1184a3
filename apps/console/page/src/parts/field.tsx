import type { JSX } from 'preact';
import { useId } from 'preact/hooks';

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  /** What may be chosen; others can be typed. */
  readonly options?: readonly string[];
  readonly isRequired?: boolean;
  /** Several lines. */
  readonly rows?: number;
}

/** A field with its label and hint. */
export function Field({ label, hint, value, onInput, options, isRequired = false, rows }: FieldProps): JSX.Element {
  const id = useId();
  const shared = { id, value, required: isRequired, autocomplete: 'off', spellcheck: false, 'aria-describedby': hint === undefined ? undefined : `${id}-hint` } as const;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {rows === undefined
        ? <input type="text" {...shared} list={options === undefined ? undefined : `${id}-list`} onInput={(event) => { onInput(event.currentTarget.value); }} />
        : <textarea rows={rows} {...shared} onInput={(event) => { onInput(event.currentTarget.value); }} />}
      {options !== undefined && <datalist id={`${id}-list`}>{options.map((option) => <option key={option} value={option} />)}</datalist>}
      {hint !== undefined && <p id={`${id}-hint`} class="hint">{hint}</p>}
    </div>
  );
}
