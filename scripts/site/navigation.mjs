// Which page stands where in the site. A page that no list names stands at the end of its folder's group, or of Reference: every page can be reached.

/** Groups in the order in which somebody new needs them. A list's entry is a page, or a folder of which the rest goes there. `label`: instead of the page's own heading. */
const GROUPS = [
  {
    text: 'Start here',
    pages: [{ page: 'what-it-is.md' }, { page: 'quick-start.md' }, { page: 'tutorial.md' }, { page: 'comparison.md', label: 'Beside other ways' }],
  },
  {
    text: 'Concepts',
    pages: ['roles', 'request', 'packets', 'attestation', 'epochs', 'guards', 'owner-sets'].map((name) => ({ page: `concepts/${name}.md` })),
    rest: 'concepts/',
  },
  {
    text: 'Contracts and modes',
    pages: [
      { page: 'chaincode-support.md', label: 'Which chaincode runs' },
      { page: 'modes/replicate.md', label: 'Replicas' },
      { page: 'modes/partition.md' },
      { page: 'modes/gated-results.md', label: 'Gated results' },
      { page: 'modes/fresh-queries.md' },
      { page: 'modes/plaintext.md' },
      { page: 'modes/takeover.md' },
      { page: 'modes/scheduling.md', label: 'Scheduling' },
    ],
    rest: 'modes/',
  },
  {
    text: 'Operating',
    pages: [
      { page: 'fabric.md', label: 'On your Fabric network' },
      { page: 'operating-deploy.md' },
      { page: 'operating-console.md' },
      { page: 'operating-doctor.md' },
      { page: 'operating-metrics.md' },
      { page: 'operating/keys-and-rotation.md' },
      { page: 'operating/revocation.md' },
      { page: 'operating/backup.md' },
      { page: 'operating/upgrade.md' },
      { page: 'operating/disaster.md', label: 'When something is lost' },
      { page: 'keys.md', label: 'Keys in detail' },
      { page: 'views.md' },
      { page: 'plaintext-store.md' },
      { page: 'scaling.md' },
      { page: 'benchmark.md' },
    ],
    rest: 'operating',
  },
  { text: 'Security', pages: [{ page: 'security.md', label: 'Security policy' }, { page: 'threat-model.md' }, { page: 'invariants.md', label: 'Invariants and their checks' }] },
  { text: 'Reference', pages: [{ page: 'cli.md', label: 'Commands' }, { page: 'error-codes.md' }, { page: 'api/index.md', label: 'API' }], rest: '' },
  { text: 'Decisions', pages: [], rest: 'adr/', collapsed: true },
  { text: 'Contributing', pages: [{ page: 'contributing.md' }] },
];

/** The page at the root, and pages that the generator of the API writes beside its index: reached by links, not by lists. */
const UNLISTED = /^(index\.md$|api\/.+)/;

/**
 * The site's side bar.
 *
 * @param titles first heading of each page, by its path in the site
 */
export function sidebarOf(titles) {
  const named = new Set(GROUPS.flatMap(({ pages }) => pages.map(({ page }) => page)));
  const unnamed = [...titles.keys()].filter((page) => !named.has(page) && !UNLISTED.test(page)).sort();
  const homeOf = (page) => GROUPS.filter(({ rest }) => rest !== undefined && page.startsWith(rest)).sort((a, b) => b.rest.length - a.rest.length)[0];
  return GROUPS.map((group) => {
    const listed = [...group.pages.filter(({ page }) => titles.has(page)), ...unnamed.filter((page) => homeOf(page) === group).map((page) => ({ page }))];
    const items = listed.map(({ page, label }) => ({ text: label ?? titles.get(page), link: `/${page.replace(/(index)?\.md$/, '')}` }));
    return { text: group.text, collapsed: group.collapsed ?? false, items };
  }).filter(({ items }) => items.length > 0);
}
