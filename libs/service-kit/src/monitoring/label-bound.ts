/** Values that one label of one metric takes at most; after them, everything is `other`. */
export const MAX_LABEL_VALUES = 256;
/** Names of contracts, nodes, services, methods, codes and versions: nothing that could be a sentence, a certificate or an argument. */
const PLAIN_NAME = /^[A-Za-z0-9@][A-Za-z0-9._:-]{0,127}$/;
const OTHER = 'other';

/** Replaces label values that are no plain names, and those beyond the bound. */
export type LabelBound = (labels: Readonly<Record<string, string>>) => Record<string, string>;

/** For one metric: what was seen first stays, so that a series does not change its name. */
export function boundLabels(maxValues = MAX_LABEL_VALUES): LabelBound {
  const seen = new Map<string, Set<string>>();
  const bounded = (label: string, value: string): string => {
    if (!PLAIN_NAME.test(value)) return OTHER;
    let values = seen.get(label);
    if (values === undefined) seen.set(label, (values = new Set()));
    if (!values.has(value) && values.size >= maxValues) return OTHER;
    values.add(value);
    return value;
  };
  return (labels) => Object.fromEntries(Object.entries(labels).map(([label, value]) => [label, bounded(label, value)]));
}
