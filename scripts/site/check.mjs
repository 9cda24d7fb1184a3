// Looks through a built site: every link within it leads to a page and a heading that are there, and no page loads anything from elsewhere.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'parse5';
import { CONTENT_SECURITY_POLICY } from './vitepress-config.mjs';

/** Attributes by which a page loads something, by element. Links that a reader follows are none of them. */
const LOADING = { script: ['src'], link: ['href'], img: ['src', 'srcset'], source: ['src', 'srcset'], iframe: ['src'], object: ['data'], embed: ['src'], video: ['src', 'poster'], audio: ['src'], image: ['href', 'xlink:href'], use: ['href', 'xlink:href'], form: ['action'], base: ['href'] };
const OUTSIDE = /^\s*([a-z][a-z+.-]*:)?\/\//i;
const IN_STYLES = /url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)/g;
const IN_SCRIPTS = /(?:\bimport\s*\(\s*|\bfrom\s*|\bimport\s*|\bfetch\s*\(\s*|\bimportScripts\s*\(\s*)["'`]((?:[a-z]+:)?\/\/[^"'`]+)/g;

/** What is wrong with the site in a folder, one line for each finding; empty when nothing is. */
export function problemsOf(directory) {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((file) => file.split(path.sep).join('/'));
  const read = (file) => readFileSync(path.join(directory, file), 'utf8');
  const pages = new Map(files.filter((file) => file.endsWith('.html')).map((file) => [file, lookAt(parse(read(file)))]));
  return [
    ...[...pages].flatMap(([page, seen]) => [...outsideOf(page, seen.loads), ...policyOf(page, seen.policy), ...brokenLinks(page, seen.links, pages, directory)]),
    ...files.filter((file) => /\.(css|svg)$/.test(file)).flatMap((file) => outsideOf(file, matches(read(file), IN_STYLES))),
    ...files.filter((file) => /\.m?js$/.test(file)).flatMap((file) => outsideOf(file, matches(read(file), IN_SCRIPTS))),
  ];
}

function lookAt(document) {
  const seen = { ids: new Set(), links: [], loads: [], policy: undefined };
  const visit = (node) => {
    const attributes = Object.fromEntries((node.attrs ?? []).map(({ name, prefix, value }) => [prefix ? `${prefix}:${name}` : name, value]));
    if (attributes.id !== undefined) seen.ids.add(attributes.id);
    if (node.tagName === 'a' && attributes.href !== undefined) seen.links.push(attributes.href);
    if (node.tagName === 'meta' && attributes['http-equiv'] === 'Content-Security-Policy') seen.policy = attributes.content;
    if (node.tagName === 'style') seen.loads.push(...(node.childNodes ?? []).flatMap(({ value = '' }) => matches(value, IN_STYLES)));
    if (node.tagName === 'script' && attributes.src === undefined) seen.loads.push(...(node.childNodes ?? []).flatMap(({ value = '' }) => matches(value, IN_SCRIPTS)));
    if (attributes.style !== undefined) seen.loads.push(...matches(attributes.style, IN_STYLES));
    for (const name of LOADING[node.tagName] ?? []) if (attributes[name] !== undefined) seen.loads.push(...(name === 'srcset' ? attributes[name].split(',').map((part) => part.trim()) : [attributes[name]]));
    for (const child of [...(node.childNodes ?? []), ...(node.content === undefined ? [] : [node.content])]) visit(child);
  };
  visit(document);
  return seen;
}

function matches(text, pattern) {
  return [...text.matchAll(pattern)].map(([, first, second]) => first ?? second);
}

function outsideOf(file, loads) {
  return loads.filter((address) => OUTSIDE.test(address)).map((address) => `${file} loads ${address} from elsewhere`);
}

function policyOf(page, policy) {
  return policy === CONTENT_SECURITY_POLICY ? [] : [`${page} lacks the policy that keeps a browser from loading anything from elsewhere`];
}

/** Links within the site, with their anchors. */
function brokenLinks(page, links, pages, directory) {
  return links.flatMap((link) => {
    if (/^([a-z][a-z+.-]*:|\/\/)/i.test(link)) return [];
    const { pathname, hash } = new URL(link, `http://site/${page}`);
    const file = decodeURI(pathname).slice(1);
    const target = [file, `${file}.html`, `${file}index.html`, `${file}/index.html`].find((candidate) => candidate !== '' && /\.[a-z0-9]+$/i.test(candidate) && existsSync(path.join(directory, candidate)));
    if (target === undefined) return [`${page} links to ${link}, which is not there`];
    const anchor = decodeURIComponent(hash.slice(1));
    return anchor === '' || !pages.has(target) || pages.get(target).ids.has(anchor) ? [] : [`${page} links to ${link}, a heading that is not there`];
  });
}
