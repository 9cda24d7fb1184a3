import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

/** What a browser saw, said and asked for while it looked at a console. */
export interface Watched {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors and warnings of the browser's console, and uncaught errors. */
  readonly complaints: readonly string[];
  /** Every address that was asked for. */
  readonly requested: readonly string[];
}

/** A finding of axe-core. */
export interface AccessibilityFinding {
  readonly id: string;
  readonly impact: string;
  readonly targets: readonly string[];
}

const WIDTH = { width: 1280, height: 900 };
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Debian's Chromium, or one on PATH; undefined: there is none. */
export function findChromium(): string | undefined {
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(path.delimiter)];
  return folders.map((folder) => path.join(folder, 'chromium')).find((file) => existsSync(file));
}

/** A browser that resolves no name: whatever a page might ask for elsewhere fails, and is noticed. */
export function launchBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', '--disable-background-networking', '--disable-component-update'] });
}

/** A person's own browser, on nothing yet. axe-core is there before the page, whose policy would let no script of others in. */
export async function openWatched(browser: Browser): Promise<Watched> {
  const context = await browser.newContext({ viewport: WIDTH, colorScheme: 'light' });
  await context.addInitScript({ content: AXE });
  const page = await context.newPage();
  const [complaints, requested]: [string[], string[]] = [[], []];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  context.on('request', (request) => requested.push(request.url()));
  return { page, context, complaints, requested };
}

/** Evaluates an expression as the browser's inspector does: the page's content security policy forbids eval. */
export async function inspect({ page, context }: Watched, expression: string): Promise<unknown> {
  const session = await context.newCDPSession(page);
  try {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.text);
    return result.value;
  } finally {
    await session.detach();
  }
}

/** Serious and critical violations of WCAG 2.2 AA on the page as it stands, in both colour schemes. */
export async function findViolations(watched: Watched): Promise<AccessibilityFinding[]> {
  const found: AccessibilityFinding[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await watched.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const run = `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] })`;
    const violations = await inspect(watched, `${run}.then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, targets: nodes.map(({ target }) => target.join(' ')) })))`);
    found.push(...(violations as AccessibilityFinding[]).filter(({ impact }) => impact === 'serious' || impact === 'critical').map((finding) => ({ ...finding, id: `${finding.id}, ${colorScheme}` })));
  }
  return found;
}
