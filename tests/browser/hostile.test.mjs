// What somebody hostile writes, prints and answers stays text in a book.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { launch, out, serve, shot } from "./browser.mjs";

let browser, server;
before(async () => {
  [browser, server] = [await launch(), await serve(join(out, "hostile/book"))];
});
after(async () => {
  await browser.close();
  server.close();
});

/** Every handler, frame, script and address of a page that is not mdBook's or stepgate's own. */
const active = () => {
  const main = document.querySelector("main");
  const found = [];
  for (const node of main.querySelectorAll("*")) {
    for (const { name, value } of node.attributes) {
      if (name.startsWith("on")) found.push(`${node.tagName} ${name}`);
      if (["href", "src", "srcdoc", "action"].includes(name) && /^\s*(javascript|data|vbscript):/i.test(value)) found.push(`${node.tagName} ${value}`);
    }
    if (["IFRAME", "OBJECT", "EMBED", "SVG", "IMG", "FORM", "BASE", "META", "LINK"].includes(node.tagName.toUpperCase())) {
      // mdBook's own: the links to the pages before and after, and icons on buttons.
      if (!node.closest("nav, .buttons, button")) found.push(node.outerHTML.slice(0, 100));
    }
  }
  const scripts = [...main.querySelectorAll("script")].filter((one) => !one.textContent.includes("stepgate page"));
  return [...found, ...scripts.map((one) => one.outerHTML.slice(0, 100))];
};

for (const path of ["runbooks/hostile.html", "log.html", "runbooks-index.html", "print.html"]) {
  test(`nothing of a hostile runbook or its output becomes active in ${path}`, async () => {
    const page = await (await browser.newContext()).newPage();
    const hits = [];
    await page.exposeFunction("hit", (what) => { hits.push(what); });
    page.on("dialog", (dialog) => hits.push(dialog.message()));
    await page.goto(`${server.url}/${path}`);
    assert.deepEqual(await page.evaluate(active), []);
    // Whoever reads the page clicks, opens and hovers.
    for (const node of await page.locator("main summary, main .trap, main b, main .sg-copy, main input, main h2").all()) {
      await node.hover({ timeout: 500 }).catch(() => {});
      await node.click({ timeout: 500 }).catch(() => {});
    }
    await page.waitForTimeout(200);
    assert.deepEqual(hits, []);
    const text = await page.evaluate(() => document.querySelector("main").textContent);
    assert.doesNotMatch(text, /what no page may show/);
    assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/, "nothing drives a terminal that it is pasted into");
    await shot(page, `hostile-${path.replaceAll("/", "-")}`);
  });
}

test("what was hostile can be read as what it is", async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${server.url}/runbooks/hostile.html`);
  const text = await page.evaluate(() => document.querySelector("main").textContent);
  for (const what of ["description", "owner", "default", "help", "criterion", "heading", "image", "block", "bold", "link", "script", "data"]) {
    assert.ok(text.includes(`hit('${what}')`) || text.includes(`hit("${what}")`) || text.includes(`hit(‘${what}’)`), what);
  }
  const log = await readFile(join(out, "hostile/docs/log.md"), "utf8");
  assert.match(log, /\\\{\{#include secret\.txt\}\}/, "the output of the run holds it");
});
