// A real Chromium, pages served from 127.0.0.1, and what the tests ask of both.
import { chromium } from "playwright-core";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";

export const out = process.env.STEPGATE_BROWSER;
const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

/** Serves a folder on 127.0.0.1; what it was asked for and did not have is in `missing`. */
export async function serve(folder) {
  const missing = [];
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname));
    try {
      const bytes = await readFile(join(folder, path.endsWith("/") ? `${path}index.html` : path));
      response.writeHead(200, { "content-type": types[extname(path)] ?? "application/octet-stream" });
      response.end(bytes);
    } catch {
      missing.push(path);
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${server.address().port}`, missing, close: () => server.close() };
}

export async function launch() {
  const quiet = ["--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", ...quiet] });
}

/** What axe finds wrong in a part of a page, as lines; none if nothing. */
export async function axe(page, part, options = {}) {
  // Not by a script element: a page's policy may forbid those.
  await page.evaluate(axeSource);
  const found = await page.evaluate(([part, options]) => window.axe.run(part, options), [part, options]);
  return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 120)}: ${node.failureSummary}`));
}

/** Whether a page is wider than its window. */
export const overflows = (page) => page.evaluate(() => document.scrollingElement.scrollWidth > innerWidth);

export const shot = (page, name) => page.screenshot({ path: join(out, "shots", `${name}.png`) });
