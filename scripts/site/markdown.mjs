// Markdown as it stands in the repository, made to fit the site: links, blocks of code, anchors.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root } from '../setup.mjs';

/**
 * A plugin for markdown-it. Links to pages lead to pages of the site, links to data files of docs to these files; what is
 * in the repository and not in the site is no link any more, but says where it is. Throws for a link to what does not exist.
 *
 * @param pages path in the repository to path in the site
 */
export function repositoryLinks(md, pages) {
  const sources = new Map([...pages].map(([source, page]) => [page, source]));
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    const source = sources.get(env.relativePath);
    if (source === undefined) return;
    for (const { children } of tokens) {
      let depth = 0;
      for (const token of children ?? []) {
        if (token.type === 'link_open' && resolveLink(token, source, env.relativePath, pages)) depth += 1;
        else if (token.type === 'link_close' && depth > 0) {
          depth -= 1;
          toSpan(token);
        }
      }
    }
  });
}

/** Rewrites one link. Returns true when it is none any more. */
function resolveLink(token, source, page, pages) {
  const href = token.attrGet('href') ?? '';
  if (/^([a-z][a-z+.-]*:|#|\/)/i.test(href)) return false;
  const [file, anchor] = decodeURI(href).split('#');
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(source), file)).replace(/\/$/, '');
  if (!existsSync(path.join(root, target))) throw new Error(`${source}: dead link to ${target}`);
  const suffix = anchor === undefined ? '' : `#${anchor}`;
  if (pages.has(target)) {
    token.attrSet('href', `${relative(page, pages.get(target))}${suffix}`);
    return false;
  }
  if (target.startsWith('docs/') && path.posix.extname(target) !== '') {
    token.attrSet('href', `/${target.slice('docs/'.length)}`);
    token.attrSet('target', '_blank');
    return false;
  }
  toSpan(token);
  token.attrs = [['class', 'in-repository'], ['title', `${target}, in the repository`]];
  return true;
}

function toSpan(token) {
  token.type = token.nesting === 1 ? 'span_open' : 'span_close';
  token.tag = 'span';
}

function relative(from, to) {
  const result = path.posix.relative(path.posix.dirname(from), to);
  return result.startsWith('.') ? result : `./${result}`;
}

/** A plugin for markdown-it: blocks that are indented look like those in fences. */
export function fencedBlocks(md) {
  md.core.ruler.push('fenced-blocks', ({ tokens }) => {
    for (const token of tokens) if (token.type === 'code_block') Object.assign(token, { type: 'fence', info: '' });
  });
}

/** The anchor of a heading, as the repository's host and the test of links make it. */
export function slugOf(heading) {
  return heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
}
