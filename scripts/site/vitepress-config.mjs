// The site's configuration. Nothing in it leaves the site: local search, the system's fonts, and a policy that lets a browser load nothing from elsewhere.
import { fencedBlocks, repositoryLinks, slugOf } from './markdown.mjs';
import { sidebarOf } from './navigation.mjs';
import { sitePages, titlesOf } from './pages.mjs';

/** Scripts and styles of the page itself: VitePress sets the colours before anything is drawn. */
export const CONTENT_SECURITY_POLICY = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";

/** Threads that cross. */
const ICON = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path stroke="#0e7288" stroke-width="2.5" d="M3.5 1v14M8 1v14M12.5 1v14M1 5h14M1 11h14"/></svg>')}`;

/** @param input `source`: folder of the pages; `output`: where the site goes */
export function siteConfig({ source, output }) {
  return {
    lang: 'en',
    title: 'Selvedge',
    description: 'Private-data processing for Hyperledger Fabric with the roles pulled apart',
    outDir: output,
    head: [
      ['meta', { 'http-equiv': 'Content-Security-Policy', content: CONTENT_SECURITY_POLICY }],
      ['link', { rel: 'icon', href: ICON }],
    ],
    ignoreDeadLinks: false,
    lastUpdated: false,
    markdown: {
      // Names such as keys.md are no addresses, braces no attributes, and colons no pictures.
      linkify: false,
      attrs: { disable: true },
      emoji: { enabled: [] },
      anchor: { slugify: slugOf },
      config: (md) => {
        md.use(repositoryLinks, sitePages()).use(fencedBlocks);
      },
    },
    themeConfig: {
      sidebar: sidebarOf(titlesOf(source)),
      outline: [2, 3],
      search: { provider: 'local' },
      externalLinkIcon: true,
      nav: [
        { text: 'What it is', link: '/what-it-is' },
        { text: 'Quick start', link: '/quick-start' },
        { text: 'Threat model', link: '/threat-model' },
        { text: 'Commands', link: '/cli' },
      ],
    },
    vite: { logLevel: 'warn', build: { chunkSizeWarningLimit: 4096 } },
  };
}
